"""Tell a person who is elsewhere: one document for each event that they asked for."""

import json
from collections.abc import Callable
from pathlib import Path

from whet import proc
from whet.model.config import Notify
from whet.model.event import Event
from whet.plan.state import State
from whet.report.notice import notice

_SECONDS = 20.0
"""For one command; the run waits for it."""


def notify(
    wanted: Notify, root: Path, state: State, failed: Callable[[str], None], event: Event
) -> None:
    """Run the command with the document on its standard input; the run goes on whatever it does.

    Args:
        wanted: the command, and what is told.
        root: the repository, where the command runs.
        state: the campaign with this event taken in.
        failed: is told in one sentence when the command failed.
        event: what happened.
    """
    found = notice(state, event)
    if not wanted.command or found is None or found["event"] not in wanted.on:
        return
    said = json.dumps(found, ensure_ascii=False).encode() + b"\n"
    done = proc.run(["/bin/sh", "-c", wanted.command], cwd=root, timeout=_SECONDS, stdin=said)
    if not done.ok:
        how = f"took longer than {_SECONDS:.0f} s" if done.timed_out else f"exited with {done.code}"
        failed(f"the command of [notify] {how}: nobody may have heard: {found['title']}")
