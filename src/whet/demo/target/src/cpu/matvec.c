#include <math.h>

#include "../ops.h"

enum {
    /* Columns are a multiple of this, so that the inner loop has a fixed length. */
    BLOCK = 128,
    /* Inputs are rounded to whole numbers up to this; 127 * LIMIT * HIDDEN fits 32 bits. */
    LIMIT = 8191,
};

/* Rounds x to 16-bit numbers and returns the value of one step. */
static float quantise(int16_t *out, const float *x, int n)
{
    float max = 0.0f;

    for (int i = 0; i < n; i++)
        if (fabsf(x[i]) > max)
            max = fabsf(x[i]);
    if (max == 0.0f)
        max = 1.0f;
    for (int i = 0; i < n; i++)
        out[i] = (int16_t)lrintf(x[i] * ((float)LIMIT / max));
    return max / (float)LIMIT;
}

static int32_t dot_block(const weight_t *weights, const int16_t *x)
{
    int32_t sum = 0;

    for (int i = 0; i < BLOCK; i++)
        sum += (int32_t)weights[i] * x[i];
    return sum;
}

void matvec(float *out, const struct matrix *matrix, const float *x)
{
    int16_t rounded[HIDDEN];
    float step = quantise(rounded, x, matrix->columns) * matrix->scale;

    for (int row = 0; row < matrix->rows; row++) {
        const weight_t *weights = matrix->values + (long)row * matrix->columns;
        int32_t sum = 0;

        for (int i = 0; i < matrix->columns; i += BLOCK)
            sum += dot_block(weights + i, rounded + i);
        out[row] = (float)sum * step;
    }
}
