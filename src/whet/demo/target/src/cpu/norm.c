#include <math.h>
#include <string.h>

#include "../ops.h"

void rms_norm(float *out, const float *x, const float *weight, int n)
{
    float sum = 0.0f;
    float root;

    memmove(out, x, (size_t)n * sizeof *out);
    for (int i = 0; i < n; i++)
        sum += out[i] * out[i];
    root = sqrtf(sum / (float)n + 1e-6f);
    for (int i = 0; i < n; i++)
        out[i] /= root;
    for (int i = 0; i < n; i++)
        out[i] *= weight[i];
}
