/* The ceilings of this machine, one a line on standard output:
 *   clock HZ              of a core, from a chain of additions that wait for each other
 *   scalar FLOPS          of one core, multiply and add, 32 bits
 *   vector FLOPS          the same in the widest vectors the compiler was told of
 *   read BYTES RATE       bytes a second that one core reads from a buffer of that size
 *   chase BYTES SECONDS   from one dependent read to the next in a buffer of that size
 *   all BYTES N RATE      bytes a second that N threads read together, each a buffer of that size,
 *                         in large pages where there are some: more than that nobody reads
 *
 * Usage: roof THREADS EACH BYTES...   the buffers that one reads, and EACH for `all`.
 *
 * Times are CPU times of a thread, the best of several rounds: work that goes on beside this takes
 * turns with it, and turns are not counted.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif

typedef float floats __attribute__((vector_size(WIDTH)));
typedef uint64_t words __attribute__((vector_size(WIDTH)));

enum { ROUNDS = 5, LINE = 64 };
static const double LEAST = 0.02; /* seconds of a round */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Something that does `count` units of work when called with `count`. */
typedef void work(void *with, long count);

/* Seconds that one unit takes: rounds are made long enough for the clock, and the best one counts. */
static double best(work *does, void *with)
{
    double least = 1e30;
    long count = 1;

    for (int round = 0; round < ROUNDS;) {
        double began = seconds(), took;

        does(with, count);
        took = seconds() - began;
        if (took < LEAST) {
            if (count > 1L << 50)
                exit(1); /* the compiler found out that nobody looks */
            count *= took < LEAST / 16 ? 8 : 2;
            continue;
        }
        if (took / (double)count < least)
            least = took / (double)count;
        round++;
    }
    return least;
}

enum { ADDITIONS = 256 };

static void add(void *with, long count)
{
    uint64_t x = 0, y = *(volatile uint64_t *)with;

    while (count--)
#pragma GCC unroll 256
        for (int i = 0; i < ADDITIONS; i++) {
            x += y;
            __asm__ volatile("" : "+r"(x));
        }
    *(volatile uint64_t *)with = x | 1;
}

enum { CHAINS = 12, STEPS = 64 };

/* Chains that do not wait for each other: enough to fill every unit of a core. */
#define MULTIPLY_AND_ADD(name, type)                                                               \
    static void name(void *with, long count)                                                      \
    {                                                                                              \
        volatile float *given = with;                                                              \
        type a = (type){0} + given[0], b = (type){0} + given[1], x[CHAINS];                        \
                                                                                                   \
        for (int c = 0; c < CHAINS; c++)                                                           \
            x[c] = b * (float)c;                                                                   \
        while (count--)                                                                            \
            for (int i = 0; i < STEPS; i++) {                                                      \
                _Pragma("GCC unroll 16")                                                           \
                for (int c = 0; c < CHAINS; c++)                                                   \
                    x[c] = x[c] * a + b;                                                           \
            }                                                                                      \
        for (int c = 1; c < CHAINS; c++)                                                           \
            x[0] += x[c];                                                                          \
        __asm__ volatile("" : : "m"(x[0])); /* somebody may look at it */                          \
    }

MULTIPLY_AND_ADD(scalar, float)
MULTIPLY_AND_ADD(vector, floats)

struct buffer {
    size_t bytes;
    void *at;
    uint64_t sum;
};

static void read_all(void *with, long count)
{
    struct buffer *buffer = with;
    const words *from = buffer->at;
    size_t n = buffer->bytes / sizeof *from;
    words s[8] = {{0}};

    while (count--) {
        for (size_t i = 0; i < n; i += 8) {
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++)
                s[k] += from[i + (size_t)k];
        }
        __asm__ volatile("" : : : "memory");
    }
    for (int k = 1; k < 8; k++)
        s[0] += s[k];
    buffer->sum += s[0][0];
}

enum { JUMPS = 1024 };

static void chase(void *with, long count)
{
    struct buffer *buffer = with;
    void **at = buffer->at;

    for (long i = 0; i < count * JUMPS; i++)
        at = *at;
    buffer->sum += (uintptr_t)at & 1;
}

/* Every line of the buffer once, in an order that nothing can foresee (Sattolo's algorithm). */
static void tangle(struct buffer *buffer)
{
    size_t n = buffer->bytes / LINE;
    size_t *order = malloc(n * sizeof *order);
    uint64_t state = 88172645463325252u;

    if (!order)
        exit(1);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n - 1; i > 0; i--) {
        size_t j, other;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        j = state % i;
        other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
    for (size_t i = 0; i < n; i++)
        *(void **)((char *)buffer->at + i * LINE) = (char *)buffer->at + order[i] * LINE;
    free(order);
}

static struct buffer made(size_t bytes, int large_pages)
{
    struct buffer buffer = {bytes, NULL, 0};

    buffer.at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer.at == MAP_FAILED)
        exit(1);
#ifdef MADV_HUGEPAGE
    if (large_pages)
        madvise(buffer.at, bytes, MADV_HUGEPAGE);
#endif
    memset(buffer.at, 1, bytes);
    return buffer;
}

static void *reads(void *with)
{
    static __thread double took;

    took = best(read_all, with);
    return &took;
}

static double together(int threads, size_t bytes)
{
    pthread_t *thread = calloc((size_t)threads, sizeof *thread);
    struct buffer *buffer = calloc((size_t)threads, sizeof *buffer);
    double rate = 0;

    if (!thread || !buffer)
        exit(1);
    for (int i = 0; i < threads; i++)
        buffer[i] = made(bytes, 1);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, reads, &buffer[i]))
            exit(1);
    for (int i = 0; i < threads; i++) {
        void *took;

        pthread_join(thread[i], &took);
        rate += (double)bytes / *(double *)took;
    }
    return rate;
}

int main(int argc, char **argv)
{
    float given[2] = {0.999999f, 1e-6f};
    uint64_t one = 1;
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    size_t each = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

    printf("clock %.6g\n", ADDITIONS / best(add, &one));
    printf("scalar %.6g\n", 2.0 * CHAINS * STEPS / best(scalar, given));
    printf("vector %.6g\n", 2.0 * CHAINS * STEPS * WIDTH / 4 / best(vector, given));
    for (int i = 3; i < argc; i++) {
        size_t bytes = strtoull(argv[i], NULL, 10);
        struct buffer buffer;

        buffer = made(bytes, 0); /* the pages that a program gets which asks for nothing */
        printf("read %zu %.6g\n", bytes, (double)bytes / best(read_all, &buffer));
        munmap(buffer.at, bytes);
        buffer = made(bytes, 0);
        tangle(&buffer);
        printf("chase %zu %.6g\n", bytes, best(chase, &buffer) / JUMPS);
        munmap(buffer.at, bytes);
        fflush(stdout);
    }
    if (each)
        printf("all %zu %d %.6g\n", each, threads, together(threads, each));
    return 0;
}
