"""`whet prove`."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import click

from whet.cli.face import Face, common
from whet.errors import UserError
from whet.report.span import Span, line
from whet.report.wrap import paragraph

if TYPE_CHECKING:
    from whet.api.proving import Doing, Proof

_MACHINES = ("quiet", "cloud", "noisy", "bimodal", "drift")
_OFTEN = 10
"""Candidates after which a plain log says again where it is."""


@click.command("prove")
@click.option("--machine", "machines", multiple=True, type=click.Choice([*_MACHINES, "all"]),
              default=("cloud",), show_default=True, help="Its noise; repeatable.")  # fmt: skip
@click.option("--candidates", type=click.IntRange(1, 5000), default=40, show_default=True,
              help="Changes in each campaign.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(1, 1000), default=1, show_default=True,
              help="Campaigns on each machine.")  # fmt: skip
@click.option("--mix", type=click.Choice(["mixed", "null"]), default="mixed", show_default=True,
              help="mixed: 75% no effect, 15% slower, 10% faster.")  # fmt: skip
@click.option("--effect", default="", metavar="SHARE", help="All have this effect, e.g. 2%.")
@click.option("--out", default="", metavar="DIR", help="Write proof.md, proof.json and charts.")
@common
def prove_command(
    face: Face,
    machines: tuple[str, ...],
    candidates: int,
    seeds: int,
    mix: Literal["mixed", "null"],
    effect: str,
    out: str,
) -> None:
    """Show how often the judge is wrong, and how often other rules are on the same numbers.

    \b
    whet prove                                   about a minute
    whet prove --effect 2%                       how often the minimum is found
    whet prove --machine all --candidates 60 --seeds 3 --out proof

    The speeds are made up, so the truth is known; everything else is the whole product:
    git, ledger, driver, build, jail, and a process for every number. Needs no project.
    """
    from whet.api.proving import Options, prove, write
    from whet.proof.document import document

    if face.overrides:
        raise UserError("whet is proved with its defaults: --set changes nothing here",
                        hint="whet prove")  # fmt: skip
    chosen = _MACHINES if "all" in machines else tuple(dict.fromkeys(machines))
    options = Options(
        machines=chosen,
        candidates=candidates,
        seeds=tuple(range(1, seeds + 1)),
        mix=mix,
        effect=_share(effect) if effect else None,
    )
    with _told(face) as told:
        proof = prove(options, told)
    written = write(proof, face.start / out) if out else ()
    if face.as_json:
        face.document(document(proof))
        return
    _say(face, proof)
    for path in written:
        face.say(f"Wrote {path}")


def _share(text: str) -> float:
    """A gain as a fraction or a percentage."""
    try:
        number = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1:
        raise UserError(f"`--effect {text}` is not a share from 0% to 100%",
                        hint="whet prove --effect 2%")  # fmt: skip
    return number


def _say(face: Face, proof: "Proof") -> None:
    from whet.proof.headline import headline
    from whet.proof.table import NOTES, lines

    face.say(*paragraph(headline(proof), face.width), *lines(proof), "")
    for note in NOTES:
        face.say(*(line(Span(row, "dim")) for row in paragraph(note, face.width)))


@contextmanager
def _told(face: Face) -> Iterator[Callable[["Doing"], None]]:
    """Whoever waits is told where it is: in one moving line, or now and then in a log."""
    if face.display == "rich" and not face.as_json:
        from rich.console import Console  # only a terminal needs rich

        console = Console(stderr=True, no_color=not face.note_colour, highlight=False)
        with console.status("starting") as status:
            yield lambda doing: status.update(_where(doing))
    else:

        def told(doing: "Doing") -> None:
            if (doing.judged == 1 or doing.judged % _OFTEN == 0) and not face.as_json:
                face.note(_where(doing))

        yield told


def _where(doing: "Doing") -> str:
    return (
        f"campaign {doing.number} of {doing.campaigns}: {doing.machine}, candidates "
        f"{doing.campaign}, {doing.judged} of {doing.of} judged"
    )
