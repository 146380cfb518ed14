/* The decoder: tokens in, the next token out. */
#ifndef PEBBLE_MODEL_H
#define PEBBLE_MODEL_H

#include "cache.h"
#include "weights.h"

/* Reads one token at the next position of the conversation and writes the scores of all
 * VOCABULARY tokens that may follow. The conversation must have room: length < CONTEXT. */
void model_read(float *logits, const struct weights *weights, struct cache *cache, int token);

/* The token with the highest score; the first one of equals. */
int best_token(const float *logits);

#endif
