#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../ops.h"

enum {
    GROUP = HEADS / KEY_HEADS, /* query heads that share a key head */
    LANES = 8,                 /* independent sums, so that additions need not wait */
    STRIP = 4,                 /* numbers of a value that are summed at a time */
};

static void load_key(float *key, const struct cache *cache, int layer, int position, int key_head)
{
    const cache_t *stored = cache_key(cache, layer, position) + key_head * HEAD;

    for (int i = 0; i < HEAD; i++)
        key[i] = (float)stored[i];
    rms_norm(key, key, cache->weights->layers[layer].key_norm, HEAD);
}

static float dot(const float *a, const float *b)
{
    float lanes[LANES] = {0};
    float sum = 0.0f;

    for (int i = 0; i < HEAD; i += LANES)
        for (int j = 0; j < LANES; j++)
            lanes[j] += a[i + j] * b[i + j];
    for (int j = 0; j < LANES; j++)
        sum += lanes[j];
    return sum;
}

/* Row h of `scores` gets the products of query head h of the group with every key. */
static void score(float *scores, const float *query, const struct cache *cache, int layer,
                  int key_head)
{
    for (int position = 0; position < cache->length; position++) {
        float key[HEAD];

        load_key(key, cache, layer, position, key_head);
        for (int h = 0; h < GROUP; h++)
            scores[h * CONTEXT + position] = dot(query + h * HEAD, key);
    }
}

/* The sum of all values of a key head, each times its share. */
static void mix(float *out, const float *shares, const struct cache *cache, int layer,
                int key_head)
{
    for (int i = 0; i < HEAD; i += STRIP) {
        const cache_t *values = cache_value(cache, layer, 0) + key_head * HEAD + i;
        cache_t sum[STRIP] = {0};

        for (int position = 0; position < cache->length; position++)
            for (int j = 0; j < STRIP; j++)
                sum[j] += shares[position] * values[position * KEY_WIDTH + j];
        for (int j = 0; j < STRIP; j++)
            out[i + j] = (float)sum[j];
    }
}

void attention(float *out, const float *query, const struct cache *cache, int layer)
{
    float *scores = malloc(GROUP * CONTEXT * sizeof *scores);

    if (!scores) {
        fputs("pebble: out of memory\n", stderr);
        exit(1);
    }
    for (int key_head = 0; key_head < KEY_HEADS; key_head++) {
        int head = key_head * GROUP;

        score(scores, query + head * HEAD, cache, layer, key_head);
        for (int h = 0; h < GROUP; h++) {
            float *row = scores + h * CONTEXT;

            masked_softmax(row, row, cache->mask, 1.0f / sqrtf(HEAD), cache->length);
            mix(out + (head + h) * HEAD, row, cache, layer, key_head);
        }
    }
    free(scores);
}
