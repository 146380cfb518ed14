#include "reference.h"

#include <math.h>

static uint64_t bits_at(uint64_t stream, uint64_t index)
{
    uint64_t bits = stream * 0xD1342543DE82EF95u + (index + 1) * 0x9E3779B97F4A7C15u;

    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    return bits ^ (bits >> 31);
}

double ref_random(uint64_t stream, uint64_t index)
{
    return (double)(int32_t)(bits_at(stream, index) >> 32) / 2147483648.0;
}

static double whole_weight(uint64_t bits, int byte)
{
    int value = (int)(bits >> (8 * byte) & 255);

    return value == 128 ? 0 : value > 128 ? value - 256 : value;
}

void ref_norm(double *out, const double *x, const double *weight, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    for (int i = 0; i < n; i++)
        out[i] = weight[i] * x[i] / sqrt(sum / n + 1e-6);
}

void ref_softmax(double *out, const double *scores, const int *hidden, double scale, int n)
{
    double max = -INFINITY, sum = 0;

    for (int i = 0; i < n; i++)
        if (!hidden[i] && scale * scores[i] > max)
            max = scale * scores[i];
    for (int i = 0; i < n; i++)
        sum += hidden[i] ? 0 : exp(scale * scores[i] - max);
    for (int i = 0; i < n; i++)
        out[i] = hidden[i] ? 0 : exp(scale * scores[i] - max) / sum;
}

void ref_matvec(double *out, uint64_t stream, int rows, int columns, const double *x)
{
    for (int row = 0; row < rows; row++) {
        double sum = 0;

        for (int i = 0; i < columns; i += 8) {
            uint64_t bits = bits_at(stream, (uint64_t)(row * columns + i) / 8);

            for (int j = 0; j < 8; j++)
                sum += whole_weight(bits, j) * x[i + j];
        }
        out[row] = sum * 0.015 / sqrt(columns);
    }
}

static void norm_weights(double *weight, uint64_t stream, int n)
{
    for (int i = 0; i < n; i++)
        weight[i] = 1 + 0.5 * ref_random(stream, (uint64_t)i);
}

void ref_restore(struct ref_conversation *conversation, uint64_t seed, int length)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        for (int position = 0; position < length; position++) {
            uint64_t stream = seed + 1 + (uint64_t)(layer * CONTEXT + position);

            for (int i = 0; i < KEY_WIDTH; i++) {
                conversation->keys[layer][position][i] = ref_random(stream, (uint64_t)i);
                conversation->values[layer][position][i] =
                    ref_random(stream, (uint64_t)(KEY_WIDTH + i));
            }
        }
    }
    conversation->length = length;
}

void ref_attention(double *out, const double *query, const struct ref_conversation *conversation,
                   uint64_t seed, int layer)
{
    double weight[HEAD], key[HEAD], scores[CONTEXT], shares[CONTEXT];

    norm_weights(weight, seed + 16 * (uint64_t)(layer + 1) + 1, HEAD);
    for (int head = 0; head < HEADS; head++) {
        int from = head * KEY_HEADS / HEADS * HEAD;

        for (int position = 0; position < conversation->length; position++) {
            ref_norm(key, conversation->keys[layer][position] + from, weight, HEAD);
            scores[position] = 0;
            for (int i = 0; i < HEAD; i++)
                scores[position] += query[head * HEAD + i] * key[i];
        }
        ref_softmax(shares, scores, conversation->hidden, 1 / sqrt(HEAD), conversation->length);
        for (int i = 0; i < HEAD; i++) {
            double sum = 0;

            for (int position = 0; position < conversation->length; position++)
                sum += shares[position] * conversation->values[layer][position][from + i];
            out[head * HEAD + i] = sum;
        }
    }
}

static void ref_layer(double *x, uint64_t seed, struct ref_conversation *conversation, int layer)
{
    uint64_t stream = seed + 16 * (uint64_t)(layer + 1);
    int position = conversation->length - 1;
    double weight[WIDTH], normed[WIDTH], query[WIDTH], mixed[WIDTH], gate[HIDDEN], up[HIDDEN];

    norm_weights(weight, stream, WIDTH);
    ref_norm(normed, x, weight, WIDTH);
    ref_matvec(query, stream + 3, WIDTH, WIDTH, normed);
    ref_matvec(conversation->keys[layer][position], stream + 4, KEY_WIDTH, WIDTH, normed);
    ref_matvec(conversation->values[layer][position], stream + 5, KEY_WIDTH, WIDTH, normed);
    ref_attention(mixed, query, conversation, seed, layer);
    ref_matvec(normed, stream + 6, WIDTH, WIDTH, mixed);
    for (int i = 0; i < WIDTH; i++)
        x[i] += normed[i];

    norm_weights(weight, stream + 2, WIDTH);
    ref_norm(normed, x, weight, WIDTH);
    ref_matvec(gate, stream + 7, HIDDEN, WIDTH, normed);
    ref_matvec(up, stream + 8, HIDDEN, WIDTH, normed);
    for (int i = 0; i < HIDDEN; i++)
        gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
    ref_matvec(normed, stream + 9, WIDTH, HIDDEN, gate);
    for (int i = 0; i < WIDTH; i++)
        x[i] += normed[i];
}

void ref_read(double *logits, uint64_t seed, struct ref_conversation *conversation, int token)
{
    double x[WIDTH], weight[WIDTH];

    for (int i = 0; i < WIDTH; i++) {
        uint64_t bits = bits_at(seed + 1, (uint64_t)(token * WIDTH + i) / 8);

        x[i] = whole_weight(bits, i % 8) / 2048;
    }
    conversation->length++;
    for (int layer = 0; layer < LAYERS; layer++)
        ref_layer(x, seed, conversation, layer);
    norm_weights(weight, seed, WIDTH);
    ref_norm(x, x, weight, WIDTH);
    ref_matvec(logits, seed + 1, VOCABULARY, WIDTH, x);
}
