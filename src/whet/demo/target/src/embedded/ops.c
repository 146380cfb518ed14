/* For boards with little memory: no scratch rows and no copies. What does not fit is computed
 * again, so attention scores every key twice. */
#include <math.h>

#include "../ops.h"

void rms_norm(float *out, const float *x, const float *weight, int n)
{
    float sum = 0.0f;
    float factor;

    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    factor = 1.0f / sqrtf(sum / (float)n + 1e-6f);
    /* Norm and weight in one pass: a row is read twice in all, and nothing is copied. */
    for (int i = 0; i < n; i++)
        out[i] = x[i] * factor * weight[i];
}

void masked_softmax(float *out, const float *scores, const float *mask, float scale, int n)
{
    float max = -INFINITY;
    float sum = 0.0f;

    for (int i = 0; i < n; i++)
        max = fmaxf(max, scale * scores[i] + mask[i]);
    for (int i = 0; i < n; i++) {
        out[i] = max == -INFINITY ? 0.0f : expf(scale * scores[i] + mask[i] - max);
        sum += out[i];
    }
    for (int i = 0; i < n && sum > 0.0f; i++)
        out[i] /= sum;
}

void matvec(float *out, const struct matrix *matrix, const float *x)
{
    for (int row = 0; row < matrix->rows; row++) {
        const weight_t *weights = matrix->values + (long)row * matrix->columns;
        float sum = 0.0f;

        for (int i = 0; i < matrix->columns; i++)
            sum += weight_value(weights[i]) * x[i];
        out[row] = sum * matrix->scale;
    }
}

static float score(const float *query, const struct cache *cache, int layer, int position,
                   int key_head)
{
    const cache_t *stored = cache_key(cache, layer, position) + key_head * HEAD;
    float key[HEAD];
    float sum = 0.0f;

    for (int i = 0; i < HEAD; i++)
        key[i] = (float)stored[i];
    rms_norm(key, key, cache->weights->layers[layer].key_norm, HEAD);
    for (int i = 0; i < HEAD; i++)
        sum += query[i] * key[i];
    return sum / sqrtf(HEAD) + cache->mask[position];
}

static void attend(float *out, const float *query, const struct cache *cache, int layer,
                   int key_head)
{
    float max = -INFINITY;
    float sum = 0.0f;

    for (int i = 0; i < HEAD; i++)
        out[i] = 0.0f;
    for (int position = 0; position < cache->length; position++)
        max = fmaxf(max, score(query, cache, layer, position, key_head));
    if (max == -INFINITY)
        return;
    for (int position = 0; position < cache->length; position++) {
        const cache_t *value = cache_value(cache, layer, position) + key_head * HEAD;
        float share = expf(score(query, cache, layer, position, key_head) - max);

        sum += share;
        for (int i = 0; i < HEAD; i++)
            out[i] += share * (float)value[i];
    }
    for (int i = 0; i < HEAD; i++)
        out[i] /= sum;
}

void attention(float *out, const float *query, const struct cache *cache, int layer)
{
    for (int head = 0; head < HEADS; head++)
        attend(out + head * HEAD, query + head * HEAD, cache, layer, head * KEY_HEADS / HEADS);
}
