"""Numbers and lists as doctor says them."""

from collections.abc import Sequence

from whet.report import figures


def seconds(number: float) -> str:
    """A duration: "24 ms", "0.31 s", "9.8 s", "71 s", "6 min 30 s"."""
    if number < 0.1:
        return f"{1000 * number:.2g} ms"
    if number < 10:
        return f"{number:.2g} s"
    if number < 120:
        return f"{number:.0f} s"
    if number < 3600:
        minutes, rest = divmod(round(number), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return figures.duration(number)


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first few names and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
