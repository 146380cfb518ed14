/* Compares every operation and the whole model with tests/reference.c. One row compared is one
 * test; the exit status is 1 when a row differs. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/model.h"
#include "../src/ops.h"
#include "reference.h"

enum { SEED = 1000, INPUT = 5000, MOST = VOCABULARY };

static int passed, failed;

/* `tolerance` is relative to the largest expected number of the row. */
static void compare(const char *what, int row, const float *got, const double *want, int n,
                    double tolerance)
{
    double largest = 0;

    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(want[i]));
    for (int i = 0; i < n; i++) {
        if (!(fabs(got[i] - want[i]) <= tolerance * largest)) {
            printf("FAIL %s row %d, number %d: %.9g differs from %.9g\n", what, row, i, got[i],
                   want[i]);
            failed++;
            return;
        }
    }
    passed++;
}

static void fill(float *out, double *same, uint64_t stream, int n, float size)
{
    for (int i = 0; i < n; i++)
        same[i] = out[i] = size * (float)ref_random(stream, (uint64_t)i);
}

static void test_norm(void)
{
    static const struct { int n; float size; } rows[] = {
        {HEAD, 1}, {WIDTH, 1}, {WIDTH, 1e6f}, {WIDTH, 1e-6f}, {1, 1}, {HEAD, 0}, {37, 30},
    };
    float x[WIDTH], weight[WIDTH], out[WIDTH];
    double ref_x[WIDTH], ref_weight[WIDTH], want[WIDTH];

    for (int row = 0; row < (int)(sizeof rows / sizeof *rows); row++) {
        fill(x, ref_x, INPUT + (uint64_t)row, rows[row].n, rows[row].size);
        fill(weight, ref_weight, INPUT + 100, rows[row].n, 2);
        ref_norm(want, ref_x, ref_weight, rows[row].n);
        rms_norm(out, x, weight, rows[row].n);
        compare("norm", row, out, want, rows[row].n, 1e-5);
    }
    rms_norm(x, x, weight, rows[6].n);
    compare("norm in place", 0, x, want, rows[6].n, 1e-5);
}

/* Positions are hidden by a rule, so that spans start, end and cover rows in many ways. */
enum hiding { NONE, ALL, FIRST, LAST, MIDDLE, ALL_BUT_LAST, EVERY_THIRD };

static int is_hidden(enum hiding hiding, int i, int n)
{
    switch (hiding) {
    case NONE: return 0;
    case ALL: return 1;
    case FIRST: return i < n / 3;
    case LAST: return i >= n - n / 3;
    case MIDDLE: return i >= n / 3 && i < n / 2;
    case ALL_BUT_LAST: return i < n - 1;
    default: return i % 3 == 1;
    }
}

static void test_softmax(void)
{
    static const struct { int n; float size; enum hiding hiding; } rows[] = {
        {1, 1, NONE},     {1, 1, ALL},     {2, 1, NONE},         {301, 1, NONE},
        {64, 1e4f, NONE}, {301, 5, FIRST}, {301, 5, LAST},       {301, 5, MIDDLE},
        {301, 5, ALL},    {64, 0, NONE},   {64, 3, ALL_BUT_LAST},
    };
    float scores[512], mask[512], out[512];
    double ref_scores[512], want[512];
    int hidden[512];

    for (int row = 0; row < (int)(sizeof rows / sizeof *rows); row++) {
        int n = rows[row].n;

        fill(scores, ref_scores, INPUT + 200 + (uint64_t)row, n, rows[row].size);
        for (int i = 0; i < n; i++) {
            hidden[i] = is_hidden(rows[row].hiding, i, n);
            mask[i] = hidden[i] ? -INFINITY : 0.0f;
        }
        ref_softmax(want, ref_scores, hidden, 0.25, n);
        masked_softmax(out, scores, mask, 0.25f, n);
        compare("softmax", row, out, want, n, 1e-5);
    }
    masked_softmax(scores, scores, mask, 0.25f, 64);
    compare("softmax in place", 0, scores, want, 64, 1e-5);
}

static void test_matvec(const struct weights *weights)
{
    const struct { const struct matrix *matrix; uint64_t stream; float size; } rows[] = {
        {&weights->layers[0].query, SEED + 16 + 3, 1},
        {&weights->layers[1].key, SEED + 32 + 4, 1e5f},
        {&weights->layers[2].down, SEED + 48 + 9, 1e-5f},
        {&weights->tokens, SEED + 1, 1},
        {&weights->layers[0].gate, SEED + 16 + 7, 0},
    };
    static float x[MOST], out[MOST];
    static double ref_x[MOST], want[MOST];

    for (int row = 0; row < (int)(sizeof rows / sizeof *rows); row++) {
        const struct matrix *matrix = rows[row].matrix;

        fill(x, ref_x, INPUT + 300 + (uint64_t)row, matrix->columns, rows[row].size);
        ref_matvec(want, rows[row].stream, matrix->rows, matrix->columns, ref_x);
        matvec(out, matrix, x);
        compare("matvec", row, out, want, matrix->rows, 1e-5);
    }
}

/* The same conversation on both sides. */
struct pair {
    struct cache *cache;
    struct ref_conversation *reference;
};

static struct pair pair_new(const struct weights *weights, int length, enum hiding hiding)
{
    struct pair pair = {cache_new(weights), calloc(1, sizeof *pair.reference)};

    cache_restore(pair.cache, INPUT + 400, length);
    ref_restore(pair.reference, INPUT + 400, length);
    for (int i = 0; i < length; i++) {
        if (is_hidden(hiding, i, length)) {
            cache_hide(pair.cache, i, i + 1);
            pair.reference->hidden[i] = 1;
        }
    }
    return pair;
}

static void pair_free(struct pair pair)
{
    cache_free(pair.cache);
    free(pair.reference);
}

static void test_attention(const struct weights *weights)
{
    static const struct { int length; float size; enum hiding hiding; } rows[] = {
        {1, 1, NONE},   {2, 1, NONE},     {201, 1, NONE},        {201, 3, FIRST},
        {201, 3, LAST}, {201, 3, MIDDLE}, {201, 3, EVERY_THIRD}, {50, 1, ALL},
        {64, 300, NONE}, {64, 1, ALL_BUT_LAST},
    };
    float query[WIDTH], out[WIDTH];
    double ref_query[WIDTH], want[WIDTH];

    for (int row = 0; row < (int)(sizeof rows / sizeof *rows); row++) {
        struct pair pair = pair_new(weights, rows[row].length, rows[row].hiding);
        int layer = row % LAYERS;

        fill(query, ref_query, INPUT + 500 + (uint64_t)row, WIDTH, rows[row].size);
        ref_attention(want, ref_query, pair.reference, SEED, layer);
        attention(out, query, pair.cache, layer);
        compare("attention", row, out, want, WIDTH, 1e-4);
        pair_free(pair);
    }
}

static void test_model(const struct weights *weights)
{
    static const struct { int length; enum hiding hiding; int tokens[4]; } talks[] = {
        {0, NONE, {17, 0, VOCABULARY - 1, 17}},
        {90, MIDDLE, {5, 2424}},
    };
    static float logits[VOCABULARY];
    static double want[VOCABULARY];

    for (int talk = 0; talk < 2; talk++) {
        struct pair pair = pair_new(weights, talks[talk].length, talks[talk].hiding);

        for (int i = 0; i < (talk ? 2 : 4); i++) {
            model_read(logits, weights, pair.cache, talks[talk].tokens[i]);
            ref_read(want, SEED, pair.reference, talks[talk].tokens[i]);
            compare("model", 4 * talk + i, logits, want, VOCABULARY, 1e-4);
        }
        pair_free(pair);
    }
}

int main(void)
{
    struct weights *weights = weights_new(SEED);

    test_norm();
    test_softmax();
    test_matvec(weights);
    test_attention(weights);
    test_model(weights);
    weights_free(weights);
    if (failed)
        printf("%d of %d tests failed\n", failed, failed + passed);
    else
        printf("%d tests passed\n", passed);
    return failed ? 1 : 0;
}
