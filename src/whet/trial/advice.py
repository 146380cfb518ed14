"""What a person can type when a stage of a trial ended badly."""

import difflib
import shlex
from collections.abc import Sequence


def by_hand(command: str) -> str:
    """See what the command says."""
    return f"run it by hand: `{command}`" if "`" not in command else "run the command by hand"


def shown(hint: str, command: str) -> str:
    """What a format advises, with a command that shows what it is about."""
    if not hint:
        return by_hand(command)
    return hint if "`" in command else f"{hint}; look: `{command}`"


def longer(key: str, seconds: float) -> str:
    """Give it twice the time."""
    return f"whet config set {key} {2 * seconds:g}s"


def another_metric(metrics: Sequence[str], missing: str, printed: Sequence[str]) -> str:
    """Name one that is printed.

    Args:
        metrics: what the trial needs, the goal first, then each guard.
        missing: the one that is not there, a metric or a count of work.
        printed: what is there.
    """
    if not printed:
        return "whet config show"
    if missing not in metrics:
        return "whet config get bench.work"
    near = difflib.get_close_matches(missing, printed, 1, 0.0)[0]
    place = metrics.index(missing)
    key = "goal.metric" if place == 0 else f"guard.{place - 1}.metric"
    return f"whet config set {key} {shlex.quote(near)}"


UNPROTECT = "whet config get scope.protect"
"""Shows which files no command may write."""
