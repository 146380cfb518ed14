"""Which changes are handed over, in which order, under which names. Pure."""

import re
from collections.abc import Mapping, Sequence

from whet.plan.state import ExperimentState, State

_LONGEST = 48


def kept(state: State) -> tuple[ExperimentState, ...]:
    """The changes to hand over: the stack in its order, then what was kept alone."""
    stack = [state.experiments[name] for name in state.stack]
    alone = [
        one
        for one in state.experiments.values()
        if one.alone and one.verdict is not None and one.verdict.kind == "kept"
        and one.id not in state.stack
    ]  # fmt: skip
    return (*stack, *alone)


def branch_name(pattern: str, campaign: str, number: int | str, title: str) -> str:
    """A name that git takes."""
    filled = {"campaign": slug(campaign), "n": str(number), "slug": slug(title)}
    return re.sub(r"\{(campaign|n|slug)\}", lambda match: filled[match[1]], pattern)


def stack_name(pattern: str, campaign: str) -> str:
    """The branch with all changes, beside those of single ones.

    It is not called `stack`: git takes `whet/c/stack` for `refs/whet/c/stack`, which is there, too.
    """
    folder = pattern.rpartition("/")[0]
    return f"{branch_name(folder, campaign, 'all', 'all')}/all"


def slug(text: str) -> str:
    """A title as a part of a branch's name: lower case, words joined by dashes."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if len(plain) > _LONGEST:
        plain = plain[: _LONGEST + 1].rpartition("-")[0] or plain[:_LONGEST]
    return plain or "change"


def closure(names: Sequence[str], needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Some changes and all that they need, in the order of `needs`."""
    wanted, open_ = set[str](), list(names)
    while open_:
        name = open_.pop()
        if name not in wanted:
            wanted.add(name)
            open_ += needs[name]
    return tuple(name for name in needs if name in wanted)


def needed_by(name: str, needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Other changes that cannot be without this one."""
    return tuple(other for other in needs if other != name and name in closure([other], needs))
