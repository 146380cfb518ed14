"""Pairs of several builds of each side. Standard library only.

Pairs of one build share what its layout does to the speed, so beyond one pair for each build they
are not independent: then the means of the builds are, and they are judged as well.
"""

import math
from collections.abc import Sequence

from whet.judge.summary import Centre


def over_layouts(values: Sequence[float], layouts: Sequence[int], floor: float) -> Centre | None:
    """The mean of the builds' means, with its error; its degrees of freedom are one less than they.

    None where that says nothing new: one build, or one value for each. `floor` is the least
    standard deviation of one value that is believed.
    """
    groups: dict[int, list[float]] = {}
    for value, layout in zip(values, layouts, strict=True):
        groups.setdefault(layout, []).append(value)
    count, n = len(groups), len(values)
    if count in (1, n):
        return None
    means = [math.fsum(group) / len(group) for group in groups.values()]
    mean = math.fsum(means) / count
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in means) / (count - 1))
    se = max(spread, floor * math.sqrt(count / n)) / math.sqrt(count)
    return Centre(mean=mean, se=se, df=count - 1, n=n)
