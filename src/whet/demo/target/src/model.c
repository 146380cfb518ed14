#include "model.h"

#include <math.h>

#include "ops.h"

static void add(float *x, const float *y)
{
    for (int i = 0; i < WIDTH; i++)
        x[i] += y[i];
}

static void attend(float *x, const struct layer *layer, struct cache *cache, int index)
{
    float normed[WIDTH], query[WIDTH], key[KEY_WIDTH], value[KEY_WIDTH], mixed[WIDTH];

    rms_norm(normed, x, layer->attention_norm, WIDTH);
    matvec(query, &layer->query, normed);
    matvec(key, &layer->key, normed);
    matvec(value, &layer->value, normed);
    cache_put(cache, index, cache->length - 1, key, value);
    attention(mixed, query, cache, index);
    matvec(normed, &layer->output, mixed);
    add(x, normed);
}

static void feed_forward(float *x, const struct layer *layer)
{
    float normed[WIDTH], gate[HIDDEN], up[HIDDEN];

    rms_norm(normed, x, layer->feed_norm, WIDTH);
    matvec(gate, &layer->gate, normed);
    matvec(up, &layer->up, normed);
    for (int i = 0; i < HIDDEN; i++)
        gate[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
    matvec(normed, &layer->down, gate);
    add(x, normed);
}

void model_read(float *logits, const struct weights *weights, struct cache *cache, int token)
{
    const weight_t *embedding = weights->tokens.values + (long)token * WIDTH;
    float x[WIDTH];

    /* Small beside what the layers add: otherwise a token would follow itself. */
    for (int i = 0; i < WIDTH; i++)
        x[i] = weight_value(embedding[i]) / 2048.0f;
    cache->mask[cache->length] = 0.0f;
    cache->length++;
    for (int i = 0; i < LAYERS; i++) {
        attend(x, &weights->layers[i], cache, i);
        feed_forward(x, &weights->layers[i]);
    }
    rms_norm(x, x, weights->final_norm, WIDTH);
    matvec(logits, &weights->tokens, x);
}

int best_token(const float *logits)
{
    int best = 0;

    for (int i = 1; i < VOCABULARY; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}
