"""What the Tab key offers. It must be quick, so the ledger is skimmed here and not decoded."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from whet.places import STATE

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _campaign(ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    return _begin([(path.name, "") for path in _campaigns(ctx)], typed)


def _experiment(ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    titles = dict(_ideas(ctx))
    opened = _told(ctx, "experiment.opened")
    return _begin(
        [(e["experiment"], titles.get(e["candidate"]["idea"], "")) for e in opened], typed
    )


def _experiment_or_stack(
    ctx: click.Context, param: click.Parameter, typed: str
) -> list[CompletionItem]:
    return _experiment(ctx, param, typed) + _begin([("stack", "everything that was kept")], typed)


def _idea(ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    return _begin(_ideas(ctx), typed)


def _worker(ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    named: list[tuple[str, str]] = []
    for event in _told(ctx, "campaign.opened"):
        for one in event["config"].get("workers", ()):
            name, count, kind = one.get("name", ""), one.get("count", 1), one.get("kind", "")
            numbers = range(1, count + 1)
            names = [name] if count == 1 else [f"{name}-{number}" for number in numbers]
            named += [(each, kind) for each in names]
    return _begin(named, typed)


def _begin(words: list[tuple[str, str]], typed: str) -> list[CompletionItem]:
    """Those of the words that begin like this, each with what it is."""
    return [
        CompletionItem(word, help=about or None)
        for word, about in words
        if word.lower().startswith(typed.lower())
    ]


EXPERIMENT: Complete = _experiment
EXPERIMENT_OR_STACK: Complete = _experiment_or_stack
IDEA: Complete = _idea
WORKER: Complete = _worker
CAMPAIGN: Complete = _campaign

VERDICTS = ("kept", "retired", "discarded", "inconclusive", "checks_failed", "failed", "rejected",
            "held", "running", "waiting")  # fmt: skip


def _ideas(ctx: click.Context) -> list[tuple[str, str]]:
    ideas = [event["idea"] for event in _told(ctx, "idea.added")]
    return [(idea["id"], idea["title"]) for idea in ideas]


def _told(ctx: click.Context, kind: str) -> Iterator[dict[str, Any]]:
    """Events of a kind; a line that cannot be read is for others to complain about."""
    mark = f'"type":"{kind}"'.encode()
    chosen = _campaigns(ctx)
    name = ctx.params.get("campaign")
    folder = next((path for path in chosen if path.name == (name or path.name)), None)
    if folder is None:
        return
    with (folder / "events.jsonl").open("rb") as file:
        for line in file:
            if mark not in line:
                continue
            try:
                event = json.loads(line)["event"]
            except (ValueError, KeyError):
                continue
            yield event


def _campaigns(ctx: click.Context) -> list[Path]:
    """Folders of campaigns, the one worked on last first."""
    asked = ctx.params.get("directory") or (ctx.find_root().params.get("directory"))
    start = Path(asked or os.curdir).absolute()
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            found = (folder / STATE / "campaigns").glob("*/events.jsonl")
            newest = sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
            return [path.parent for path in newest]
    return []
