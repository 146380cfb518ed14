// Logits of a model over fixed tokens, with flash attention and without, as a batch and one by one.
//
//   logits MODEL THREADS > FILE          writes them
//   logits MODEL THREADS FILE            compares them with those in FILE; exit code 1 when they differ
#include "llama.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

static const double LIMIT = 5e-3; // squared error over squared reference; four-bit weights carry rounding far

static std::vector<float> logits(llama_model * model, int threads, bool flash, int prompt) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 1024;
    params.n_batch = params.n_ubatch = 256;
    params.n_threads = params.n_threads_batch = threads;
    params.flash_attn_type = flash ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    llama_context * context = llama_init_from_model(model, params);
    const int       words   = llama_vocab_n_tokens(llama_model_get_vocab(model));

    std::vector<float> out;
    llama_batch        batch = llama_batch_init(256, 0, 1);
    unsigned           state = 7u + prompt;
    int                at    = 0;
    while (at < prompt + 5) {
        // the prompt in batches, then five tokens one by one
        const int count = at < prompt ? (prompt - at < 256 ? prompt - at : 256) : 1;
        batch.n_tokens  = count;
        for (int i = 0; i < count; i++, at++) {
            state              = state * 1664525u + 1013904223u;
            batch.token[i]     = (llama_token) (260 + (state >> 8) % (words - 260));
            batch.pos[i]       = at;
            batch.n_seq_id[i]  = 1;
            batch.seq_id[i][0] = 0;
            batch.logits[i]    = i % 29 == 0 || i + 1 == count; // early ones too: the mask hides most from them
        }
        if (llama_decode(context, batch)) {
            fprintf(stderr, "decoding failed\n");
            exit(1);
        }
        for (int i = 0; i < count; i++) {
            if (batch.logits[i]) {
                const float * row = llama_get_logits_ith(context, i);
                out.insert(out.end(), row, row + words);
            }
        }
    }
    llama_batch_free(batch);
    llama_free(context);
    return out;
}

int main(int argc, char ** argv) {
    if (argc < 3) {
        fprintf(stderr, "logits MODEL THREADS [FILE]\n");
        return 2;
    }
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_backend_init();
    llama_model * model = llama_model_load_from_file(argv[1], llama_model_default_params());
    FILE *        file  = argc > 3 ? fopen(argv[3], "rb") : nullptr;
    if (!model || (argc > 3 && !file)) {
        fprintf(stderr, "cannot open %s\n", model ? argv[3] : argv[1]);
        return 2;
    }
    int    bad = 0, cases = 0;
    double worst = 0;
    for (bool flash : { false, true }) {
        for (int prompt : { 1, 5, 33, 64, 130, 300, 517 }) {
            const std::vector<float> now = logits(model, atoi(argv[2]), flash, prompt);
            if (!file) {
                fwrite(now.data(), sizeof(float), now.size(), stdout);
                continue;
            }
            std::vector<float> then(now.size());
            if (fread(then.data(), sizeof(float), then.size(), file) != then.size()) {
                fprintf(stderr, "%s is too short\n", argv[3]);
                return 2;
            }
            double error = 0, size = 0;
            for (size_t i = 0; i < now.size(); i++) {
                error += ((double) now[i] - then[i]) * ((double) now[i] - then[i]);
                size  += (double) then[i] * then[i];
            }
            cases++;
            worst = error / size > worst ? error / size : worst;
            if (!(error / size <= LIMIT)) {
                bad++;
                printf("logits differ: flash=%d prompt=%d threads=%s, by %.3g\n", flash, prompt, argv[2], error / size);
            }
        }
    }
    if (file) {
        printf("%s logits: %d cases, %d bad, worst %.2g\n", bad ? "FAIL" : "ok", cases, bad, worst);
    }
    return bad ? 1 : 0;
}
