"""What the candidates of a proof are truly worth."""

import math
import random
from typing import Literal

Mix = Literal["mixed", "null"]

_NULL, _USEFUL = 0.75, 0.10
_HARM = (0.01, 0.10)
_GAIN = (0.01, 0.15)


def truths(count: int, seed: int, mix: Mix = "mixed", effect: float | None = None) -> list[float]:
    """The true gain of each candidate as a fraction of speed, in the order they are judged.

    `mixed` is a campaign as agents make them: 75 % without effect, 10 % (one at least) faster by 1
    to 15 %, the others slower by 1 to 10 %; small effects are more common than large ones. `null`
    has no effect at all. With `effect` every candidate has exactly that one.
    """
    if effect is not None:
        return [effect] * count
    if mix == "null":
        return [0.0] * count
    null = round(_NULL * count)
    useful = min(count - null, max(1, round(_USEFUL * count)))
    chance = random.Random(f"candidates {seed}")  # noqa: S311 (a shuffle, not a secret)
    found = [0.0] * null
    found += [-size for size in _spread(chance, count - null - useful, *_HARM)]
    found += _spread(chance, useful, *_GAIN)
    chance.shuffle(found)
    return found


def _spread(chance: random.Random, count: int, low: float, high: float) -> list[float]:
    """Sizes from low to high, evenly on the logarithm: one from each of `count` equal parts."""
    width = math.log(high / low)
    return [low * math.exp(width * (part + chance.random()) / count) for part in range(count)]
