#include <math.h>
#include <string.h>

#include "../ops.h"

static float row_max(const float *row, int n)
{
    float max = -INFINITY;

    for (int i = 0; i < n; i++)
        if (row[i] > max)
            max = row[i];
    return max;
}

static float row_sum(const float *row, int n)
{
    float sum = 0.0f;

    for (int i = 0; i < n; i++)
        sum += row[i];
    return sum;
}

static void softmax(float *row, int n)
{
    float max = row_max(row, n);
    float sum;

    if (max == -INFINITY) {
        memset(row, 0, (size_t)n * sizeof *row);
        return;
    }
    for (int i = 0; i < n; i++)
        row[i] = expf(row[i] - max);
    sum = row_sum(row, n);
    for (int i = 0; i < n; i++)
        row[i] /= sum;
}

void masked_softmax(float *out, const float *scores, const float *mask, float scale, int n)
{
    memmove(out, scores, (size_t)n * sizeof *out);
    for (int i = 0; i < n; i++)
        out[i] *= scale;
    for (int i = 0; i < n; i++)
        out[i] += mask[i];
    softmax(out, n);
}
