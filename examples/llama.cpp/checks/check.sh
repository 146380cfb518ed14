#!/bin/sh
# The candidate's operators against references, and its logits against the incumbent's.
# whet runs it in the candidate's tree, where MODEL and THREADS are those of the benchmark;
# $WHET_BASELINE is the incumbent's tree, built.
set -e
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT

program() { # NAME TREE FILE: linked with the libraries of a tree
    g++ -O2 -std=c++17 -I"$2/include" -I"$2/ggml/include" "whet/$1.cpp" -o "$3" "$2/build/src/libllama.a" \
        "$2/build/ggml/src/libggml.a" "$2/build/ggml/src/libggml-cpu.a" "$2/build/ggml/src/libggml-base.a" \
        -fopenmp -lpthread -ldl -lm
}

program operators . "$at/operators"
"$at/operators"

program logits . "$at/logits"
program logits "$WHET_BASELINE" "$at/before"
"$at/before" "$MODEL" 1 > "$at/wanted"
for threads in 1 "${THREADS:-2}"; do
    timeout 120 "$at/logits" "$MODEL" "$threads" "$at/wanted"
done
