"""Whoever measures what is submitted: a process of its own, never a part of an agent."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from whet import detached
from whet.api.asking import frozen, tell
from whet.api.running import Finished, Watcher, drive
from whet.api.workspace import Campaign, open_campaign
from whet.errors import InfraError, NotReady
from whet.ledger import log, mail
from whet.model.request import Attend, Halt
from whet.sandbox import TOOL_HOMES
from whet.wiring import Opening

T = TypeVar("T")

LOG = "measure.log"
"""In a campaign's folder: what a measurer that was started in the background has said."""

IDLE = 60.0
"""Seconds for which one that was started in the background waits for more."""

_BEGINS = 20.0
_LOOK = 0.05
_PATIENT = 3600.0
"""Seconds for another `whet measure` to bring what it measures to its end."""

_SHORT = 5.0
"""Seconds that whoever only records something needs at most."""

_PASSED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "CC", "CXX", "JAVA_HOME", "CUDA_HOME", "ROCM_PATH"),
    *("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "GIT_CONFIG_NOSYSTEM", *TOOL_HOMES),
)
"""All that it has of the environment it is started from, which may be an agent's."""


def measure(
    start: Path, campaign: str = "", *, idle: float, experiments: int = 0,
    watcher: Watcher | None = None,
) -> Finished:  # fmt: skip
    """Judge what is submitted until nothing came for so many seconds, or a signal.

    The campaign's own configuration holds, whatever whet.toml says by now.

    Args:
        start: a folder in the repository.
        campaign: by default the one worked on last.
        idle: seconds.
        experiments: how many there may be, as long as this goes on; 0 is as it was begun.
        watcher: is told what happens.

    Raises:
        NotReady: there is no campaign, or another process works on it.
        Interrupted: a signal stopped it; the state is saved.
    """

    def judge(found: Campaign) -> Finished:
        return drive(
            found.repo, _begun(found, experiments), watcher or Watcher(), lambda _: None,
            waves=False, patience=idle,
        )  # fmt: skip

    # one that was begun in the background waits for more, and has the old limit
    return in_turn(start, campaign, judge, ends_another=bool(experiments))


def in_turn(
    start: Path, campaign: str, act: Callable[[Campaign], T], *, ends_another: bool = True
) -> T:
    """Do what only the one who writes the campaign can do, when nobody else writes it.

    Args:
        start: a folder in the repository.
        campaign: by default the one worked on last.
        act: begins to write; it is called again if somebody else was at it.
        ends_another: a `whet measure` ends for it, with what it measures; whatever waits then is
            judged by the next one.

    Raises:
        NotReady: another process works on it, and goes on doing so.
    """
    deadline, asked, alone = time.monotonic() + _SHORT, not ends_another, False
    while True:
        found = open_campaign(start, campaign)
        try:
            return act(found)
        except NotReady:
            if not asked and _is_measurer(found.folder):
                with contextlib.suppress(NotReady):
                    tell(start, Halt(), found.state.name)
                deadline, asked = time.monotonic() + _PATIENT, True
                continue  # it may have ended since
            # whoever only writes something down is gone in a moment, or is by now
            if alone or time.monotonic() > deadline:
                raise
            alone = not log.holder(found.folder)
            time.sleep(_LOOK)


def _begun(campaign: Campaign, experiments: int) -> Opening:
    begun = frozen(campaign)
    most = experiments or begun.config.run.max_experiments
    limits = replace(begun.config.run, max_experiments=most)
    return replace(begun, config=replace(begun.config, run=limits))


def _is_measurer(folder: Path) -> bool:
    """Whether whoever has the ledger is a `whet measure`, by /proc."""
    try:
        pid = json.loads((folder / log.LOCK).read_bytes())["pid"]
        return b"measure" in Path(f"/proc/{int(pid)}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def may_attach(campaign: Campaign) -> None:
    """Raises NotReady where nobody measures and this process must not start who does."""
    if not log.holder(campaign.folder) and detached.jailed():
        raise NotReady(
            "nothing is measuring, and it cannot be started from inside a jail: it would be held "
            "by the same one",
            hint=f"in a shell of your own, at {campaign.repo.root}: `{by_hand(campaign)}`",
        )


def attach(campaign: Campaign) -> bool:
    """Let somebody measure: whoever works on the campaign already, or a process started now.

    Returns:
        Whether one was started.

    Raises:
        NotReady: this process must not start one, or it ended at once, with its reason.
        InfraError: it does not begin.
    """
    folder, started = campaign.folder, False
    log_file = folder / LOG
    from_here = log_file.stat().st_size if log_file.exists() else 0
    name = mail.send(folder, Attend())
    deadline = time.monotonic() + _BEGINS
    try:
        while time.monotonic() < deadline:
            if mail.fetch(folder, name) is not None:
                return started
            if not log.holder(folder):
                if trouble := complaint(log_file, from_here):
                    raise NotReady(f"what measures has ended: {trouble}", hint=by_hand(campaign))
                if not started:
                    _start(campaign, log_file)
                    started = True
            time.sleep(_LOOK)
    finally:
        mail.withdraw(folder, name)
    raise InfraError("nobody answers who measures", hint=by_hand(campaign))


def _start(campaign: Campaign, log_file: Path) -> None:
    may_attach(campaign)
    argv = [
        sys.executable, "-P", "-m", "whet", "-C", str(campaign.repo.root), "measure",
        "--campaign", campaign.state.name, "--idle", f"{IDLE:g}s", "--display", "plain",
    ]  # fmt: skip
    passed = (*_PASSED, *_key(campaign))
    env = {name: os.environ[name] for name in passed if name in os.environ} | {"NO_COLOR": "1"}
    try:
        detached.start(argv, cwd=campaign.repo.root, env=env, log=log_file)
    except OSError as error:
        raise InfraError(f"what measures cannot be started: {error.strerror}",
                         hint=by_hand(campaign)) from error  # fmt: skip


def _key(campaign: Campaign) -> tuple[str, ...]:
    """The variable with the key of the model that reviews; no other agent is asked."""
    config = campaign.state.config
    return (config.agent.key,) if config is not None and config.agent.review else ()


def by_hand(campaign: Campaign) -> str:
    """The command that measures, for a person to type."""
    return f"whet measure --campaign {campaign.state.name}"


def complaint(said: Path, start: int = 0) -> str:
    """The last error that a measurer in the background has printed, or nothing."""
    try:
        text = said.read_bytes()[start:].decode(errors="replace")
    except OSError:
        return ""
    lines = [line.removeprefix("error: ") for line in text.splitlines() if line[:7] == "error: "]
    return lines[-1] if lines else ""
