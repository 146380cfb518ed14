"""`whet profile`: where the benchmark spends its time, and what bounds it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whet.cli.face import Face, common, shown

if TYPE_CHECKING:
    from whet.api.profiling import Profiled


@click.command("profile")
@click.option("--top", type=click.IntRange(1), default=10, show_default=True,
              help="Functions and lines to show.")  # fmt: skip
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the flame graph.")  # fmt: skip
@click.option("--dark", is_flag=True, help="A flame graph for dark pages.")
@click.option("--count/--no-count", "count", default=None,
              help="Count bytes under valgrind; by default where that is quick.")  # fmt: skip
@click.option("--again", is_flag=True, help="Take it anew, not the one that is kept.")
@click.option("--base", default="", metavar="REF", help="Look at this commit, not HEAD.")
@common
def profile_command(
    face: Face,
    top: int,
    svg: Path | None,
    base: str,
    *,
    dark: bool,
    count: bool | None,
    again: bool,
) -> None:
    """Say where the benchmark spends its time, and what bounds it.

    \b
    whet profile
    whet profile --top 20 --svg flame.svg
    whet profile --set roofline.bytes_per_unit=590MiB

    Builds the commit as a trial does and samples the benchmark in the same jail: with perf by
    the CPU clock, with py-spy for Python, under valgrind where there is neither. Measures what
    this machine can do at most, once, and tells whether the benchmark is bound by bandwidth, a
    cache, latency or arithmetic; `unknown` where nobody can know.
    """
    from whet.api.profiling import ProfileOptions, profiled, write_flame
    from whet.cli.live import watched
    from whet.report import hotspots

    counting = {None: "auto", True: "always", False: "never"}[count]
    with watched(face) as watcher:
        options = ProfileOptions(
            base=base, again=again, count=counting,  # type: ignore[arg-type]
            overrides=face.overrides, moved=watcher.moved,
        )  # fmt: skip
        found = profiled(face.start, options)
    if svg is not None:
        write_flame(found, face.start / svg, "dark" if dark else "light")
    if face.as_json:
        face.document(document(found, top))
        return
    face.say(
        *hotspots.lines(found.profile, found.functions, found.limit, top=top, width=face.width)
    )
    if svg is not None:
        face.say("", f"Flame graph  {shown(face.start / svg)}")


def document(found: "Profiled", top: int) -> dict[str, object]:
    """The profile as one document; of the functions the first ones."""
    from whet.report.jsonable import jsonable

    profile = found.profile
    examined = profile.examined
    return {
        "schema": "whet/1",
        "kind": "profile",
        "commit": profile.commit,
        "command": profile.command,
        "limit": asdict(found.limit),
        "functions": [jsonable(one) for one in found.functions[:top]],
        "functions_in_all": len(found.functions),
        "invocations": [jsonable(one) for one in profile.invocations],
        "samplers": [
            {"by": s.by, "runs": s.runs, "seconds": s.seconds, "threads": s.threads}
            for s in examined.samplings
        ],
        "ceilings": jsonable(examined.ceilings),
        "cached": [jsonable(one) for one in examined.cached],
        "counted_seconds": examined.counted_seconds,
        "problems": list(examined.problems),
        "fingerprint": jsonable(profile.fingerprint),
        "seconds": profile.seconds,
    }
