#include "weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "random.h"

/* Eight weights come from each 64 random bits, the lowest byte first. */
static struct matrix matrix_new(uint64_t stream, int rows, int columns)
{
    size_t count = (size_t)rows * (size_t)columns;
    struct matrix matrix = {rows, columns, 0.015f / sqrtf((float)columns), NULL};

    matrix.values = malloc(count * sizeof *matrix.values);
    if (!matrix.values) {
        fputs("pebble: out of memory\n", stderr);
        exit(1);
    }
    for (size_t i = 0; i < count; i += 8) {
        uint64_t bits = random_bits(stream, i / 8);

        for (int j = 0; j < 8; j++) {
            int8_t byte = (int8_t)(bits >> (8 * j));

            matrix.values[i + (size_t)j] = weight_from(byte == -128 ? 0 : byte);
        }
    }
    return matrix;
}

static void norm_init(float *weight, uint64_t stream, int n)
{
    for (int i = 0; i < n; i++)
        weight[i] = 1.0f + 0.5f * random_float(stream, (uint64_t)i);
}

static void layer_init(struct layer *layer, uint64_t stream)
{
    norm_init(layer->attention_norm, stream, WIDTH);
    norm_init(layer->key_norm, stream + 1, HEAD);
    norm_init(layer->feed_norm, stream + 2, WIDTH);
    layer->query = matrix_new(stream + 3, WIDTH, WIDTH);
    layer->key = matrix_new(stream + 4, KEY_WIDTH, WIDTH);
    layer->value = matrix_new(stream + 5, KEY_WIDTH, WIDTH);
    layer->output = matrix_new(stream + 6, WIDTH, WIDTH);
    layer->gate = matrix_new(stream + 7, HIDDEN, WIDTH);
    layer->up = matrix_new(stream + 8, HIDDEN, WIDTH);
    layer->down = matrix_new(stream + 9, WIDTH, HIDDEN);
}

struct weights *weights_new(uint64_t seed)
{
    struct weights *weights = malloc(sizeof *weights);

    if (!weights) {
        fputs("pebble: out of memory\n", stderr);
        exit(1);
    }
    for (int i = 0; i < LAYERS; i++)
        layer_init(&weights->layers[i], seed + 16 * (uint64_t)(i + 1));
    norm_init(weights->final_norm, seed, WIDTH);
    weights->tokens = matrix_new(seed + 1, VOCABULARY, WIDTH);
    return weights;
}

void weights_free(struct weights *weights)
{
    for (int i = 0; i < LAYERS; i++) {
        struct layer *layer = &weights->layers[i];

        free(layer->query.values);
        free(layer->key.values);
        free(layer->value.values);
        free(layer->output.values);
        free(layer->gate.values);
        free(layer->up.values);
        free(layer->down.values);
    }
    free(weights->tokens.values);
    free(weights);
}
