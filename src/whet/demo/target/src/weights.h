/* The weights of the model. A real model reads them from a file; this one makes them up. */
#ifndef PEBBLE_WEIGHTS_H
#define PEBBLE_WEIGHTS_H

#include <stdint.h>

#include "shape.h"

/* A quantised weight: a whole number from -127 to 127. */
typedef float weight_t;

static inline weight_t weight_from(int number)
{
    return (float)number;
}

static inline float weight_value(weight_t weight)
{
    return weight;
}

/* Element (row, column) is scale * weight_value(values[row * columns + column]). */
struct matrix {
    int rows;
    int columns;
    float scale;
    weight_t *values;
};

struct layer {
    float attention_norm[WIDTH];
    float key_norm[HEAD];
    float feed_norm[WIDTH];
    struct matrix query, key, value, output;
    struct matrix gate, up, down;
};

struct weights {
    struct layer layers[LAYERS];
    float final_norm[WIDTH];
    struct matrix tokens;   /* row t is the embedding of token t, and scores it at the end */
};

/* Exits with a message when there is no memory. */
struct weights *weights_new(uint64_t seed);
void weights_free(struct weights *weights);

#endif
