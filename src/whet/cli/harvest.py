"""`whet harvest`: what forks have that is worth having."""

from typing import TYPE_CHECKING

import click

from whet.cli.face import Face, common
from whet.errors import LimitReached, NothingKept
from whet.report.span import Line, Span, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.api.harvesting import ForkSeen, Harvest, Harvested, HarvestOptions
    from whet.readers.forks.survey import Offer

_SHOWN = 8
"""Refused commits that a plan lists."""


@click.command("harvest")
@click.argument("forks", nargs=-1, metavar="FORK…")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="Commits to try, the best of all forks.")  # fmt: skip
@click.option("--plan", "plan_only", is_flag=True, help="Say what would be tried; start nothing.")
@click.option("--since", default="", metavar="DATE", help="Leave out what was written before.")
@click.option("--as-of", default="", metavar="DATE", help="As if it were then; for evaluations.")
@click.option("--exclude", multiple=True, metavar="COMMIT", help="Leave this out; repeatable.")
@click.option("--allow-licence", "licences", multiple=True, metavar="SPDX",
              help="You may copy this; `none` for code without a known licence.")  # fmt: skip
@click.option("--offline", is_flag=True, help="No network: folders and mirrors must do.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="Stop after this time.")
@click.option("--base", default="", metavar="REF", help="Start from this commit, not HEAD.")
@click.option("--fail-if-none", is_flag=True, help="Exit 8 when nothing is kept.")
@common
def harvest_command(
    face: Face, forks: tuple[str, ...], *, plan_only: bool, fail_if_none: bool, **flags: object
) -> None:
    """Try the commits of forks that look like speed; keep what is real. No model is asked.

    \b
    whet harvest cloudflare/zlib --plan
    whet harvest ../my-fork https://example.org/other.git#fast --limit 40
    whet harvest OWNER/NAME --since 2024-01-01 --allow-licence Apache-2.0

    A FORK is OWNER/NAME on GitHub, a URL (https or ssh) or a folder; #branch for one branch.
    Nothing of a fork runs but the code of its commits, in trials. The same command goes on.
    """
    from whet.api.harvesting import look

    options = _options(face, flags)
    if plan_only:
        found = look(face.start, forks, options, face.note)
        if face.as_json:
            face.document({"schema": "whet/1", "kind": "harvest-plan", **_plain(found)})
        else:
            face.say(*_plan(found, face.width), "Nothing was started.")
        return
    _run(face, forks, options, fail_if_none=fail_if_none)


def _options(face: Face, flags: "dict[str, object]") -> "HarvestOptions":
    from whet.api.harvesting import HarvestOptions
    from whet.api.running import RunOptions

    overrides = dict(face.overrides)
    if flags["hours"] is not None:
        overrides["run.hours"] = str(flags["hours"])
    return HarvestOptions(
        run=RunOptions(campaign=face.campaign, base=str(flags["base"]), overrides=overrides),
        limit=int(str(flags["limit"])),
        since=str(flags["since"]),
        as_of=str(flags["as_of"]),
        exclude=tuple(flags["exclude"]),  # type: ignore[arg-type]
        licences=tuple(flags["licences"]),  # type: ignore[arg-type]
        offline=bool(flags["offline"]),
    )


def _run(
    face: Face, forks: tuple[str, ...], options: "HarvestOptions", *, fail_if_none: bool
) -> None:
    from whet.api.harvesting import harvest
    from whet.cli.judge import further
    from whet.cli.live import watched

    def planned(found: "Harvest") -> None:
        for row in _head(found):
            face.note(row)

    with watched(face, waves=True) as watcher:
        done = harvest(face.start, forks, options, watcher=watcher, told=face.note, planned=planned)
    _say(face, done)
    state = done.finished.state if done.finished is not None else None
    if fail_if_none and (state is None or not state.count("kept")):
        raise NothingKept("nothing was kept", hint="whet list")
    if done.finished is not None and done.finished.stop.code in ("experiments", "time", "waves"):
        raise LimitReached(done.finished.stop.reason, hint=further(done.finished))


def _say(face: Face, done: "Harvested") -> None:
    from whet.cli.ending import say_next, say_summary
    from whet.report import document
    from whet.report.harvest import documents, table

    if done.finished is None:
        if face.as_json:
            face.document({"schema": "whet/1", "kind": "harvest", **_plain(done.harvest)})
        else:
            face.say("Nothing to try: no commit of its own looks like speed.", *_head(done.harvest))
        return
    state = done.finished.state
    if face.as_json:
        face.document({
            **document.campaign(state), "kind": "harvest", **_plain(done.harvest),
            "commits": documents(state),
        })  # fmt: skip
        return
    chosen = list(state.experiments.values())
    face.say("", *table(state, face.width), "")
    say_summary(face, state, chosen)
    for row in _left(done.harvest):
        face.say(row)
    face.say(*say_next(state, chosen))


def _plan(found: "Harvest", width: int) -> "Iterator[Line | str]":
    yield from _head(found)
    for number, one in enumerate(found.offers, 1):
        yield from _offered(number, one, width)
    if found.refused:
        yield line(Span(f"Refused   {len(found.refused)} as promising", "warn"))
    for one in found.refused[:_SHOWN]:
        yield line(f"   -  {one.mined.commit.id[:8]} ", *_two(one.title, one.refused, width - 16))
    yield from _left(found)
    yield line("Cost      ", _time(found), ", and a build and the checks for each; no agent")
    yield line(f"Writes    .whet/ and refs/whet/{found.campaign}/; never your checkout or branches")


def _head(found: "Harvest") -> "Iterator[Line]":
    for fork in found.forks:
        yield from _fork(fork)
    for problem in found.problems:
        yield line(Span(f"Problem   {problem}", "warn"))
    how = "by hot functions, code and words" if found.profiled else (
        "by code and words; better after `whet profile`, which knows what is hot"
    )  # fmt: skip
    yield line(f"Ranked    {how}")
    done = f", {found.judged} judged already" if found.judged else ""
    total = len(found.offers) + found.left
    yield line(f"To try    {len(found.offers)} of {total}{done}, campaign {found.campaign}")


def _fork(fork: "ForkSeen") -> "Iterator[Line]":
    from whet.report.escape import visible

    point = fork.point[:8]
    left = f"left at {point}" if fork.how == "merge-base" else f"same files as {point}, rewritten"
    copies = f", {fork.copied} copies of upstream's left out" if fork.copied else ""
    yield line("Fork      ", Span(visible(fork.name), "strong"), f", {left}")
    counts = ", ".join(f"{count} {what}" for what, count in fork.counts.items())
    yield line(f"Commits   {fork.own} of its own: {counts}{copies}")


def _left(found: "Harvest") -> "Iterator[Line]":
    if found.left:
        more = len(found.offers) + found.left
        yield line(f"Left      {found.left} less promising: ", Span(f"--limit {more}", "command"))


def _offered(number: int, one: "Offer", width: int) -> "Iterator[Line]":
    from whet.report.escape import cut
    from whet.report.figures import plural
    from whet.report.harvest import files

    start = f"  {number:>2}  {one.mined.commit.id[:8]} "
    yield line(start, cut(one.title, width - len(start)))
    hot = f"in {', '.join(one.mined.hot[:2])}; " if one.mined.hot else ""
    left = f"; without {plural(len(one.left_out), 'file')}" if one.left_out else ""
    said = f"{hot}{', '.join(one.mined.features.why[:4])}; {files(one.code, 2)}{left}"
    yield line(" " * len(start), Span(cut(said, width - len(start)), "dim"))


def _two(title: str, said: str, width: int) -> tuple[str, str, Span]:
    from whet.report.escape import cut, pad

    room = min(44, width // 2)
    return pad(cut(title, room), room), "  ", Span(cut(said, width - room - 2), "dim")


def _time(found: "Harvest") -> str:
    from whet.report.figures import duration, plural

    count = len(found.offers) - found.judged
    if found.seconds_per_pair is None:
        return f"{plural(count, 'experiment')} of 4 to {found.pairs_max} pairs"
    pair = found.seconds_per_pair
    least, most = duration(4 * pair * count), duration(found.pairs_max * pair * count)
    return f"{least} to {most} of measurement"


def _plain(found: "Harvest") -> dict[str, object]:
    from whet.report.jsonable import jsonable

    return {
        "campaign": found.campaign,
        "base": found.base,
        "profiled": found.profiled,
        "forks": [jsonable(fork) for fork in found.forks],
        "problems": list(found.problems),
        "left": found.left,
        "offers": [_offer(one) for one in found.offers],
        "refused": [_offer(one) for one in found.refused],
    }


def _offer(one: "Offer") -> dict[str, object]:
    return {
        "key": one.key,
        "commit": one.mined.commit.id,
        "title": one.title,
        "score": round(one.mined.score, 4),
        "why": list(one.mined.features.why),
        "techniques": list(one.mined.features.techniques),
        "hot": list(one.mined.hot),
        "licence": one.licence or None,
        "copy_ok": one.copy_ok,
        "files": [row.path for row in one.taken],
        "left_out": [{"path": item.path, "why": item.why} for item in one.left_out],
        "refused": one.refused or None,
    }
