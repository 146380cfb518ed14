/* Random numbers by position: number i of a stream costs the same as number 0 (SplitMix64). */
#ifndef PEBBLE_RANDOM_H
#define PEBBLE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_bits(uint64_t stream, uint64_t index)
{
    uint64_t bits = stream * 0xD1342543DE82EF95u + (index + 1) * 0x9E3779B97F4A7C15u;

    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    return bits ^ (bits >> 31);
}

/* Uniform in [-1, 1). */
static inline float random_float(uint64_t stream, uint64_t index)
{
    return (float)(int32_t)(random_bits(stream, index) >> 32) / 2147483648.0f;
}

#endif
