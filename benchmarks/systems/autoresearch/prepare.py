"""Data, budget and evaluation of a very small copy of the loop; train.py is what may change."""

import math
import random
from collections.abc import Callable

TIME_BUDGET = 0.5
"""Seconds of training."""
VOCABULARY = 128
SHARES = 4
"""Symbols that may follow a pair of symbols; fewer can be guessed better."""


def text(split: str, length: int = 60_000) -> list[int]:
    """Symbols of one language, the same for every run; `split` is train or val."""
    rules = random.Random(1)
    after = {
        (a, b): rules.sample(range(VOCABULARY), SHARES)
        for a in range(VOCABULARY)
        for b in range(VOCABULARY)
    }
    draw = random.Random(split)
    found = [0, 1]
    while len(found) < length:
        found.append(draw.choice(after[found[-2], found[-1]]))
    return found


def evaluate_bpb(probability: Callable[[int, int, int], float], length: int = 4_000) -> float:
    """Bits for a symbol of unseen text; `probability(a, b, c)` is that of c after a and b."""
    seen = text("val", length)
    bits = 0.0
    for a, b, c in zip(seen, seen[1:], seen[2:], strict=False):
        bits -= math.log2(max(probability(a, b, c), 1e-9))
    return bits / (length - 2)


if __name__ == "__main__":
    print("the data is made, not fetched: nothing to do")
