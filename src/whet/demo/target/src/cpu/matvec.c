#include "../ops.h"

enum { LANES = 8 }; /* independent sums, so that additions need not wait; divides all columns */

static float dot(const weight_t *weights, const float *x, int n)
{
    float lanes[LANES] = {0};
    float sum = 0.0f;

    for (int i = 0; i < n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lanes[j] += weight_value(weights[i + j]) * x[i + j];
    for (int j = 0; j < LANES; j++)
        sum += lanes[j];
    return sum;
}

void matvec(float *out, const struct matrix *matrix, const float *x)
{
    const weight_t *row = matrix->values;

    for (int i = 0; i < matrix->rows; i++) {
        out[i] = matrix->scale * dot(row, x, matrix->columns);
        row += matrix->columns;
    }
}
