"""A delay at the start of functions: the slowdown that a benchmark has to notice.

The delay is a loop of a fixed number of rounds that no compiler may remove. It changes no result,
so a slowed program still passes its checks.
"""

from collections.abc import Sequence

from whet.steps.doctor.functions import Function
from whet.steps.doctor.language import Name, Source

FEWEST, STEP, MOST = 2**8, 2**7, 2**29
"""Rounds of the first delay, how much longer the next is, and of the longest.

From less than a microsecond to a large part of a second: a function that runs once shows the last.
Where a delay was not noticed, the next makes a run five times as long at most.
"""

_LOOPS: dict[Name, str] = {
    "c": " {{ volatile unsigned long whet_n = 0; while (whet_n < {n}UL) whet_n = whet_n + 1; }}",
    "c++": " {{ volatile unsigned long whet_n = 0; while (whet_n < {n}UL) whet_n = whet_n + 1; }}",
    "rust": " for whet_n in 0..{n}u64 {{ ::std::hint::black_box(whet_n); }}",
    "go": " for whetN := 0; whetN < {n}; whetN++ {{ }};",
    "javascript": " for (let whetN = 0; whetN < {n}; whetN++) {{ }}",
    "python": "for _whet in range({n}): pass",
}


def slowable(functions: Sequence[Function]) -> tuple[Function, ...]:
    """Functions that can be given a delay: those that are called, and not by the compiler."""
    return tuple(function for function in functions if not function.inline)


def slowed(source: Source, functions: Sequence[Function], rounds: int) -> bytes:
    """The file with a delay of so many rounds at the start of some of its functions."""
    text = source.text
    for function in sorted(functions, key=lambda function: function.start, reverse=True):
        text = _planted(source, text, function.start, rounds)
    return text.encode("latin-1")


def _planted(source: Source, text: str, at: int, rounds: int) -> str:
    loop = _LOOPS[source.language].format(n=rounds)
    if source.language == "python":
        before = source.before(at)
        # `def f(x): return x`: one line holds no loop beside a statement
        inline = f"all(True for _whet in range({rounds})); "
        loop = inline if before.strip() else f"{loop}\n{before}"
    return text[:at] + loop + text[at:]
