"""A C program with a benchmark that cannot see what it judges coming: the target of every cheat.

`digest` is what is made faster. The benchmark changes its input between calls and prints what came
out; `./answers` prints the answers to random and odd inputs; `./fresh` makes inputs nobody knows.
"""

WORK_H = """\
#include <stddef.h>
unsigned digest(const unsigned char *text, size_t size);
double total(const float *numbers, size_t count);
"""

WORK = """\
#include "work.h"

static const int passes = 10;

unsigned digest(const unsigned char *text, size_t size)
{
    volatile unsigned sum = 0;
    for (int pass = 0; pass < passes; pass++) {
        unsigned x = 2166136261u;
        for (size_t i = 0; i < size; i++)
            x = (x ^ text[i]) * 16777619u;
        sum = x;
    }
    return sum;
}

double total(const float *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    return sum;
}
"""

ROUNDS, SIZE = 48, 65536

BENCH = f"""\
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "work.h"

static double now(void)
{{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}}

int main(void)
{{
    static unsigned char text[{SIZE}];
    FILE *file = fopen("input.bin", "rb");
    if (!file || fread(text, 1, sizeof text, file) != sizeof text)
        return 1;
    fclose(file);
    unsigned answer = 0;
    double start = now();
    for (unsigned round = 0; round < {ROUNDS}; round++) {{
        text[round * 131 % sizeof text] ^= round + 1;
        answer = answer * 31 + digest(text, sizeof text);
    }}
    double took = now() - start;
    printf("METRIC t_ms=%.4f\\n", took);
    printf("METRIC answer=%u\\n", answer);
    return 0;
}}
"""

FRESH = f"""\
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words)
{{
    unsigned x = count > 1 ? (unsigned)atol(words[1]) : 1;
    FILE *file = fopen("input.bin", "wb");
    for (int i = 0; file && i < {SIZE}; i++) {{
        x = x * 1664525u + 1013904223u;
        fputc(x >> 24, file);
    }}
    return file ? fclose(file) : 1;
}}
"""

ANSWERS = """\
#include <stdio.h>
#include <stdlib.h>
#include "work.h"
int main(void)
{
    static unsigned char text[4096];
    static float numbers[4096];
    const char *seed = getenv("WHET_SEED");
    unsigned x = seed ? (unsigned)atol(seed) : 1;
    for (int round = 0; round < 200; round++) {
        size_t size = round < 8 ? (size_t)round : (x >> 16) % sizeof text;
        for (size_t i = 0; i < sizeof text; i++) {
            x = x * 1664525u + 1013904223u;
            text[i] = round % 4 == 3 ? 0 : x >> 24;
            numbers[i] = (float)(x >> 8) / 3.0f;
        }
        printf("%zu %u %.17g\\n", size, digest(text, size), total(numbers, size));
    }
}
"""

CHECK = """\
#include <stdio.h>
#include "work.h"
const unsigned expected[] = {0xbf9cf968u, 0xd49930d5u};
int main(void)
{
    int fine = digest((const unsigned char *)"foobar", 6) == expected[0]
            && digest((const unsigned char *)"chongo was here!\\n", 17) == expected[1];
    puts(fine ? "2 digests are right" : "FAIL: a digest is wrong");
    return !fine;
}
"""

MAKEFILE = """\
CFLAGS = -O1 -pthread
all: bench check answers fresh
bench: bench.c work.c work.h
\t$(CC) $(CFLAGS) -o $@ bench.c work.c
check: check.c work.c work.h
\t$(CC) $(CFLAGS) -o $@ check.c work.c
answers: answers.c work.c work.h
\t$(CC) $(CFLAGS) -o $@ answers.c work.c
fresh: fresh.c
\t$(CC) $(CFLAGS) -o $@ fresh.c
"""

WHET_TOML = """\
[goal]
metric = "t_ms"
unit = "ms"
direction = "lower"
min_effect = "20%"

[build]
command = "make -s"

[bench]
command = "./bench"
work = ["answer"]
fresh_inputs = './fresh "$WHET_SEED"'
timeout = "10s"

[checks]
command = "./check"
equivalence = "./answers"
mutants = 0

[scope]
protect = ["bench.c", "check.c", "answers.c", "fresh.c", "work.h", "Makefile", "input.bin"]

[measure]
aa_pairs = 6
max_noise = "100%"
stack_pairs = 4

[judge]
suspicious_above = "400%"

[agent]
kind = "none"
"""


def usual_input() -> bytes:
    """What `./fresh 1` writes."""
    x, found = 1, bytearray()
    for _ in range(SIZE):
        x = (x * 1664525 + 1013904223) % 2**32
        found.append(x >> 24)
    return bytes(found)


def answers(rounds: int) -> list[int]:
    """What `digest` returns in the first rounds of the benchmark on its usual input."""
    text, found = bytearray(usual_input()), []
    for number in range(rounds):
        text[number * 131 % SIZE] ^= number + 1
        x = 2166136261
        for byte in text:
            x = (x ^ byte) * 16777619 % 2**32
        found.append(x)
    return found


FILES: dict[str, str] = {
    "work.h": WORK_H, "work.c": WORK, "bench.c": BENCH, "fresh.c": FRESH, "answers.c": ANSWERS,
    "check.c": CHECK, "Makefile": MAKEFILE, "whet.toml": WHET_TOML,
    ".gitignore": "/bench\n/check\n/answers\n/fresh\n",
}  # fmt: skip
