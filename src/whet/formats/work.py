"""Numbers in an output that say how much was done, not how fast."""

import re
from collections.abc import Collection, Mapping

from whet.formats.reading import Reading

_COUNT = re.compile(
    r"(?:(?:n|num|total|processed|completed)_)?(?:num_|input_|output_|prompt_|generated_)?"
    r"(?:items|tokens|requests|queries|rows|records|samples|frames|images|events|messages|packets"
    r"|lines|files|particles|steps|completed)"
    r"(?:_(?:total|count|done|processed|completed))?",
    re.IGNORECASE,
)
_MOST = 16
"""A count is kept for every invocation; an output of hundreds is no reason to keep them all."""


LINES = "METRIC {} lines"
"""Under which name it is counted how often a metric was printed, where that was not once."""


def lines(readings: Mapping[str, Reading], metrics: Collection[str]) -> dict[str, float]:
    """How often metrics were printed, by `LINES`; those printed once are left out."""
    counts = {name: len(readings[name].samples) for name in metrics if name in readings}
    return {LINES.format(name): float(count) for name, count in counts.items() if count > 1}


def work(
    values: Mapping[str, float], named: Collection[str], metrics: Collection[str]
) -> dict[str, float]:
    """Counts of work among what was printed.

    Args:
        values: everything that was printed, by name.
        named: those that the configuration says are counts of work.
        metrics: those that are judged, and so are none.
    """
    known = [name for name in values if name not in metrics and _COUNT.fullmatch(name)]
    return {name: values[name] for name in dict.fromkeys((*named, *known[:_MOST]))}
