/* How fast the model writes. Usage: build/bench [--tokens]
 *
 * Without arguments: reopens a long conversation, reads the prompt, writes an answer, and prints
 * the metrics. The prompt is bench/prompt.txt. A file build/prompt.txt takes its place and is
 * removed when it has been read, so that it counts for one run only.
 *
 * With --tokens: answers a prompt made from $WHET_SEED in a short conversation and prints the
 * tokens, to compare two builds.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../src/model.h"

enum {
    WEIGHT_SEED = 1,
    OPENED = 1000,      /* positions of the conversation that is reopened */
    OPENED_SHORT = 120, /* the same for --tokens */
    DELETED = 40,       /* positions of a deleted message in its middle */
    PROMPT_MAX = 64,    /* tokens */
    ANSWER = 24,        /* tokens */
    ANSWER_SHORT = 8,   /* the same for --tokens */
};

struct prompt {
    int length;
    int tokens[PROMPT_MAX];
    uint64_t seed; /* of the conversation that it continues */
};

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Each word is one token, chosen by its hash (FNV-1a). */
static struct prompt tokenise(char *text)
{
    struct prompt prompt = {0};

    for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
        uint64_t hash = 0xCBF29CE484222325u;

        for (const char *c = word; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
        if (prompt.length < PROMPT_MAX)
            prompt.tokens[prompt.length++] = (int)(hash >> 32) & (VOCABULARY - 1);
        prompt.seed = prompt.seed * 31 + hash;
    }
    return prompt;
}

static struct prompt read_prompt(void)
{
    char text[1024];
    size_t length;
    FILE *file = fopen("build/prompt.txt", "r");

    if (file)
        remove("build/prompt.txt");
    else
        file = fopen("bench/prompt.txt", "r");
    if (!file) {
        perror("bench/prompt.txt");
        exit(1);
    }
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    return tokenise(text);
}

static struct cache *reopen(const struct weights *weights, uint64_t seed, int length)
{
    struct cache *cache = cache_new(weights);

    cache_restore(cache, seed, length);
    cache_hide(cache, length / 2, length / 2 + DELETED);
    return cache;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The time of a token in seconds. Other programs make some tokens slower but none faster, so the
 * fastest quarter is steadier than the mean. */
static double typical(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    return times[count / 4];
}

/* Reads the tokens, writes the one that follows, and returns the typical time of a token. */
static double read_tokens(int *next, const struct prompt *prompt, const struct weights *weights,
                          struct cache *cache)
{
    static float logits[VOCABULARY];
    double times[PROMPT_MAX];

    for (int i = 0; i < prompt->length; i++) {
        double start = seconds();

        model_read(logits, weights, cache, prompt->tokens[i]);
        times[i] = seconds() - start;
    }
    *next = best_token(logits);
    return typical(times, prompt->length);
}

/* Writes an answer that begins with tokens[0], and returns the typical time of a token. */
static double answer(int *tokens, int count, const struct weights *weights, struct cache *cache)
{
    static float logits[VOCABULARY];
    double times[ANSWER];

    for (int i = 1; i < count; i++) {
        double start = seconds();

        model_read(logits, weights, cache, tokens[i - 1]);
        tokens[i] = best_token(logits);
        times[i - 1] = seconds() - start;
    }
    return typical(times, count - 1);
}

static double peak_megabytes(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

static void print_tokens(const struct weights *weights)
{
    const char *seed = getenv("WHET_SEED");
    char text[128];
    struct prompt prompt;
    struct cache *cache;
    int tokens[ANSWER_SHORT];

    snprintf(text, sizeof text, "A story with the number %s please", seed ? seed : "0");
    prompt = tokenise(text);
    cache = reopen(weights, prompt.seed, OPENED_SHORT);
    read_tokens(&tokens[0], &prompt, weights, cache);
    answer(tokens, ANSWER_SHORT, weights, cache);
    for (int i = 0; i < ANSWER_SHORT; i++)
        printf("%d\n", tokens[i]);
    cache_free(cache);
}

static void measure(const struct weights *weights)
{
    struct prompt prompt = read_prompt();
    struct cache *cache = reopen(weights, prompt.seed, OPENED);
    int tokens[ANSWER];
    double reading = read_tokens(&tokens[0], &prompt, weights, cache);
    double writing = answer(tokens, ANSWER, weights, cache);

    printf("METRIC tok_s=%.2f\n", 1.0 / writing);
    printf("METRIC prompt_ms=%.3f\n", reading * prompt.length * 1e3);
    printf("METRIC rss_mb=%.2f\n", peak_megabytes());
    cache_free(cache);
}

int main(int argc, char **argv)
{
    struct weights *weights = weights_new(WEIGHT_SEED);

    if (argc > 1 && strcmp(argv[1], "--tokens") == 0)
        print_tokens(weights);
    else
        measure(weights);
    weights_free(weights);
    return 0;
}
