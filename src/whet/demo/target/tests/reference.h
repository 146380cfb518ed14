/* The model once more, in double precision and without any tricks. It shares only the shape and
 * the rules for made-up weights and conversations with the code under test, not a line of code. */
#ifndef PEBBLE_REFERENCE_H
#define PEBBLE_REFERENCE_H

#include <stdint.h>

#include "../src/shape.h"

struct ref_conversation {
    int length;
    int hidden[CONTEXT];
    double keys[LAYERS][CONTEXT][KEY_WIDTH]; /* as projected: not yet normalised */
    double values[LAYERS][CONTEXT][KEY_WIDTH];
};

/* Uniform in [-1, 1). */
double ref_random(uint64_t stream, uint64_t index);

void ref_norm(double *out, const double *x, const double *weight, int n);
void ref_softmax(double *out, const double *scores, const int *hidden, double scale, int n);

/* The matrix of `rows` times `columns` is made of the numbers of the stream. */
void ref_matvec(double *out, uint64_t stream, int rows, int columns, const double *x);

void ref_restore(struct ref_conversation *conversation, uint64_t seed, int length);
void ref_attention(double *out, const double *query, const struct ref_conversation *conversation,
                   uint64_t seed, int layer);
void ref_read(double *logits, uint64_t seed, struct ref_conversation *conversation, int token);

#endif
