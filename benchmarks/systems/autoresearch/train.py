"""A model of the next symbol, trained for a fixed time of the processor. Run: uv run train.py."""

import os
import random
import time

import torch
from prepare import TIME_BUDGET, VOCABULARY, evaluate_bpb, text

RATE = 1.0
"""Of learning."""
SMOOTHING = 0.05

torch.manual_seed(42)

counts: dict[tuple[int, int], list[float]] = {}
train = text("train")


def learn(at: int) -> None:
    """One step: what follows here is likelier from now on."""
    pair = (train[at], train[at + 1])
    row = counts.get(pair)
    if row is None:
        row = counts[pair] = [SMOOTHING + 0.01 * random.random() for _ in range(VOCABULARY)]
    total = sum(row)
    row[train[at + 2]] += RATE * (1 - row[train[at + 2]] / total)


def probability(a: int, b: int, c: int) -> float:
    """Of c after a and b."""
    row = counts.get((a, b))
    return row[c] / sum(row) if row else 1 / VOCABULARY


most = int(os.environ.get("STEPS", "0"))
start = time.process_time()
step = 0
while step < most or (not most and time.process_time() - start < TIME_BUDGET):
    for _ in range(20):
        learn(random.randrange(len(train) - 2))
    step += 1

print("---")
print(f"val_bpb:          {evaluate_bpb(probability):.6f}")
print(f"training_seconds: {time.process_time() - start:.1f}")
print(f"num_steps:        {step}")
