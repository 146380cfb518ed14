/* What the model remembers of a conversation: one key and one value per layer and position. */
#ifndef PEBBLE_CACHE_H
#define PEBBLE_CACHE_H

#include <stdint.h>

#include "weights.h"

typedef double cache_t;

struct cache {
    const struct weights *weights;
    int length;             /* positions in use */
    float mask[CONTEXT];    /* added to the scores: 0, or -INFINITY where a position is hidden */
    cache_t *keys;          /* [LAYERS][CONTEXT][KEY_WIDTH], as projected: not yet normalised */
    cache_t *values;        /* [LAYERS][CONTEXT][KEY_WIDTH] */
};

/* An empty conversation. Exits with a message when there is no memory. */
struct cache *cache_new(const struct weights *weights);
void cache_free(struct cache *cache);

/* Stores the KEY_WIDTH numbers of one key and one value. */
void cache_put(struct cache *cache, int layer, int position, const float *key,
               const float *value);

/* Positions from `first` to before `end` are ignored from now on: a message was deleted. */
void cache_hide(struct cache *cache, int first, int end);

/* Reopens a conversation of `length` positions; a real program would read it from a file. */
void cache_restore(struct cache *cache, uint64_t seed, int length);

static inline const cache_t *cache_key(const struct cache *cache, int layer, int position)
{
    return cache->keys + ((long)layer * CONTEXT + position) * KEY_WIDTH;
}

static inline const cache_t *cache_value(const struct cache *cache, int layer, int position)
{
    return cache->values + ((long)layer * CONTEXT + position) * KEY_WIDTH;
}

#endif
