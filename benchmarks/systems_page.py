"""docs/systems.md from what `systems.py` measured; values in, text out."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

HEAD = """\
# Systems

<!-- Written by benchmarks/systems.py. Do not edit. -->

What whet says with every [preset](reference/presets.md) of two changes whose effect is known: one
that does nothing (A/A), and one that does about 5 % more work where the benchmark spends its time.
"""
AFTER = """\
**Planted** is what the second change costs by another clock, the processor time of a whole run as
the kernel counts it. **compare** is `whet compare` with a fixed number of pairs: percent gained,
the interval, the answer. Of two builds that are equal, byte for byte, the answer is that there is
no difference, and the interval is what noise and the place in memory are worth. **try** is the
verdict of `whet try`, which also runs the checks of the preset. The time is that of both
comparisons and of the campaign, without most builds.

To measure one again, or another version:

```sh
python benchmarks/systems.py sqlite --source ~/sqlite --folder build/systems
```

A system's file in `benchmarks/systems/` says what is set and where the work is planted.
"""
ANSWERS: Mapping[str, str] = {"no_difference": "no difference", "cannot_tell": "cannot tell"}


class Row(Protocol):
    """What the page needs to know of a system."""

    @property
    def title(self) -> str:
        """Its name for people."""

    @property
    def preset(self) -> str:
        """The name of its preset."""

    @property
    def source(self) -> str:
        """What was measured."""

    @property
    def why_not(self) -> str:
        """Why it was not measured."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What was set in the preset."""

    @property
    def planted(self) -> str:
        """Where the work is planted."""

    @property
    def fixed(self) -> bool:
        """A run takes a fixed time."""


def page(systems: Sequence[tuple[Row, Mapping[str, Any] | None]]) -> str:
    """The whole page; a system without a record was not measured."""
    head = [
        (
            "| system | preset | ran here | time | planted | A/A: compare | A/A: try "
            "| slower: compare | slower: try |"
        ),
        "| --- | --- | --- | ---: | ---: | --- | --- | --- | --- |",
    ]
    rows = [_row(system, record) for system, record in systems]
    details = [line for system, record in systems for line in _details(system, record)]
    machines = sorted({record["machine"] for _, record in systems if record})
    said = [f"Measured on {machine}." for machine in machines]
    return "\n".join([HEAD, *head, *rows, "", *said, "", AFTER, *details]).rstrip() + "\n"


def _row(system: Row, record: Mapping[str, Any] | None) -> str:
    cells = [system.title, f"`{system.preset}`"]
    if record is None:
        cells += [f"no: {system.why_not}", *["-"] * 6]
    else:
        same, slow = [one["verdict"] for one in record["tried"]] or ["not asked"] * 2
        cells += [
            "yes", f"{record['seconds']:.0f} s",
            "fixed time" if system.fixed else f"{record['planted']:+.1%}",
            _compared(record["same"]), same, _compared(record["slow"]), slow,
        ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _compared(said: Mapping[str, Any]) -> str:
    low, high = said["ci"]
    answer = ANSWERS.get(said["answer"], said["answer"])
    return f"{said['estimate']:+.1%} [{low:+.1%}, {high:+.1%}], {answer}"


def _details(system: Row, record: Mapping[str, Any] | None) -> list[str]:
    if record is None:
        return []
    told = [
        f"## {system.title}",
        "",
        f"{system.source}; whet {record['whet']}, {record['date']}.",
        "",
    ]
    settings = {key: value.format(folder="/path/to") for key, value in system.settings.items()}
    set_by = [f"whet config set {key} '{value}'" for key, value in settings.items()]
    commands = [f"whet init --preset {system.preset}", *set_by, "whet doctor"]
    told += [
        "```sh",
        *commands,
        f"whet compare main slow --pairs {record['pairs']}",
        "whet try same slow",
        "```",
        "",
    ]
    told += [
        f"Planted {system.planted}"
        + (
            "." if system.fixed else f": {record['planted']:+.1%} of processor time of a whole run."
        ),
        "",
    ]
    told += [f"`whet doctor`: {record['doctor']}", ""] if record["doctor"] else []
    said = [
        f"- {what}: {one['verdict']}, {one['why']}"
        for what, one in zip(("A/A", "slower"), record["tried"], strict=False)
    ]
    return [*told, *said, ""]
