"""How long a block can take at most, when every command takes as long as it may."""

from whet.model.trial import Block

_SLACK = 900.0
"""For the checkout, and for whatever else was on that machine before."""
_EXAMINED = 60
"""Invocations of an examination at most, those under a tool among them."""
_SLOWER = 50
"""How much slower a program may be under a tool that counts."""


def longest(block: Block) -> float:
    """Seconds after which a trial is stuck: every limit of its own has passed by then."""
    spec = block.trials[0]
    sides = 1 + len(block.trials)
    total = _SLACK + sides * spec.layouts * spec.build.timeout
    if spec.run_checks:
        total += 4 * sides * spec.checks.timeout
    if spec.screen != "off":
        total += _SLOWER * sides * spec.bench.timeout
    if spec.mode == "examine":
        total += _EXAMINED * spec.bench.timeout
    elif spec.mode != "checks":
        runs = block.cap + spec.fresh_pairs + spec.failures_max + spec.bench.warmup + 1
        total += runs * sides * spec.layouts * spec.bench.timeout
    return total
