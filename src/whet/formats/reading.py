"""What a parser gives back, and how it refuses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from whet.errors import NotReady
from whet.model.metric import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One metric of one invocation.

    `value` stands for the whole invocation, which is the unit of replication; `samples` are the
    values within it, in `unit`, when the tool prints them. `resolution` is the smallest step that
    the printed digits can show, in `unit`; 0 when unknown. `direction` is None when the format
    does not know which way is better.
    """

    value: float
    unit: str = ""
    direction: Direction | None = None
    samples: tuple[float, ...] = ()
    resolution: float = 0.0


class FormatError(NotReady):
    """The text is not what the format promises; the message names the field, line or key.

    What a benchmark printed may be part of the message, so control characters are replaced.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(show(message, limit=400), hint=show(hint, limit=400))


def show(text: object, *, limit: int = 60) -> str:
    """`text` on one line, shortened, without control characters: safe to put on a screen."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def gather(tool: str, named: Iterable[tuple[str, Reading]]) -> Mapping[str, Reading]:
    """All readings by name.

    Raises:
        FormatError: there is none, or two have one name.
    """
    readings: dict[str, Reading] = {}
    for name, reading in named:
        if name in readings:
            raise FormatError(
                f"{tool}: two results are named `{show(name)}`",
                hint="measure each thing once in an invocation, or give each its own name",
            )
        readings[name] = reading
    if not readings:
        raise FormatError(
            f"{tool}: the output holds no result", hint="run the benchmark command by hand"
        )
    return readings
