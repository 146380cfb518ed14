/* The operations a backend provides. src/cpu is the default; see `make BACKEND=embedded`. */
#ifndef PEBBLE_OPS_H
#define PEBBLE_OPS_H

#include "cache.h"
#include "weights.h"

/* out[i] = weight[i] * x[i] / sqrt(mean of x squared + 1e-6). `out` may be `x`. */
void rms_norm(float *out, const float *x, const float *weight, int n);

/* out[i] = share of exp(scale * scores[i] + mask[i]) in their sum. A row that is hidden as a
 * whole (every mask is -INFINITY) becomes all zeros. `out` may be `scores`. */
void masked_softmax(float *out, const float *scores, const float *mask, float scale, int n);

/* out = matrix * x. */
void matvec(float *out, const struct matrix *matrix, const float *x);

/* Every query head looks at all positions of the conversation that are not hidden.
 * `query` and `out` hold WIDTH numbers. */
void attention(float *out, const float *query, const struct cache *cache, int layer);

#endif
