"""`hyperfine --export-json`: seconds of each command."""

from collections import Counter
from collections.abc import Iterator, Mapping

from whet.formats.document import Node, load
from whet.formats.number import agree, finest, mean, median
from whet.formats.reading import Reading, gather

TOOL = "hyperfine"
_ROUNDING = 1e-6


def parse(text: str) -> Mapping[str, Reading]:
    """The median of `times` by command name, and `NAME:user`, `NAME:system` (means), in seconds.

    Results of one name are told apart by their parameters.
    """
    results = load(TOOL, text).get("results").items("result")
    names = Counter(result.get("command").text() for result in results)
    return gather(
        TOOL,
        (
            named
            for result in results
            for named in _readings(result, apart=names[result.get("command").text()] > 1)
        ),
    )


def sniff(document: object) -> bool:
    """Whether it is an object whose `results` have `times`."""
    results = document.get("results") if isinstance(document, dict) else None
    first = results[0] if isinstance(results, list) and results else None
    return isinstance(first, dict) and {"command", "times"} <= first.keys()


def _readings(result: Node, *, apart: bool) -> Iterator[tuple[str, Reading]]:
    name = result.get("command").text() + (_parameters(result) if apart else "")
    times = result.get("times").positives()
    _check_exit_codes(result)
    recomputed = {
        "mean": mean(times), "median": median(times), "min": min(times), "max": max(times)
    }  # fmt: skip
    for key, value in recomputed.items():
        said = result.get(key).number()
        if not agree(said, value, _ROUNDING):
            raise result.fail(f"says `{key}` {said:g} s, but its `times` give {value:g} s")
    yield name, Reading(
        value=median(times), unit="s", direction="lower",
        samples=tuple(float(time) for time in times), resolution=finest(times),
    )  # fmt: skip
    for key in ("user", "system"):
        seconds = result.get(key).number()
        yield (
            f"{name}:{key}",
            Reading(value=float(seconds), unit="s", direction="lower", resolution=seconds.step),
        )


def _check_exit_codes(result: Node) -> None:
    # Versions before 1.12 stop at a failure and print no exit codes.
    codes = result.maybe("exit_codes")
    for place, code in enumerate(codes.items() if codes else (), 1):
        if code.value != 0:
            ended = "was killed" if code.value is None else f"exited with {code.number():g}"
            raise result.fail(
                f"failed: run {place} {ended} (`exit_codes`)",
                hint="run the command by hand; leave out `--ignore-failure`",
            )


def _parameters(result: Node) -> str:
    parameters = result.maybe("parameters")
    if parameters is None:
        return ""
    pairs = (f"{key}={parameters.get(key).text()}" for key in parameters.names())
    return f"[{','.join(pairs)}]"
