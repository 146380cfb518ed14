#include "cache.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "random.h"

struct cache *cache_new(const struct weights *weights)
{
    size_t count = (size_t)LAYERS * CONTEXT * KEY_WIDTH;
    struct cache *cache = calloc(1, sizeof *cache);

    if (cache) {
        cache->weights = weights;
        cache->keys = malloc(count * sizeof *cache->keys);
        cache->values = malloc(count * sizeof *cache->values);
    }
    if (!cache || !cache->keys || !cache->values) {
        fputs("pebble: out of memory\n", stderr);
        exit(1);
    }
    return cache;
}

void cache_free(struct cache *cache)
{
    free(cache->keys);
    free(cache->values);
    free(cache);
}

void cache_put(struct cache *cache, int layer, int position, const float *key, const float *value)
{
    size_t start = ((size_t)layer * CONTEXT + (size_t)position) * KEY_WIDTH;

    for (int i = 0; i < KEY_WIDTH; i++)
        cache->keys[start + (size_t)i] = key[i];
    for (int i = 0; i < KEY_WIDTH; i++)
        cache->values[start + (size_t)i] = value[i];
}

void cache_hide(struct cache *cache, int first, int end)
{
    for (int i = first; i < end; i++)
        cache->mask[i] = -INFINITY;
}

void cache_restore(struct cache *cache, uint64_t seed, int length)
{
    float key[KEY_WIDTH], value[KEY_WIDTH];

    for (int layer = 0; layer < LAYERS; layer++) {
        for (int position = 0; position < length; position++) {
            uint64_t stream = seed + 1 + (uint64_t)(layer * CONTEXT + position);

            for (int i = 0; i < KEY_WIDTH; i++) {
                key[i] = random_float(stream, (uint64_t)i);
                value[i] = random_float(stream, (uint64_t)(KEY_WIDTH + i));
            }
            cache_put(cache, layer, position, key, value);
        }
    }
    cache->length = length;
}
