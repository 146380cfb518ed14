"""What can be asked of whoever writes a campaign's ledger, and what they answer."""

from dataclasses import dataclass
from typing import Literal

from whet.model.idea import Idea


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Work on an idea, so that nobody else does; again by the same one, it lasts longer."""

    by: str
    idea: str = ""
    """Empty: the next one that is free, or `new`."""
    new: Idea | None = None
    """An idea of their own, which is put into the queue first; its id is not looked at."""
    seconds: float
    """How long."""
    tree: str
    """The folder below which its private tree is made, or, if `exactly`, that tree."""
    exactly: bool = False
    type: Literal["claim"] = "claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Give an idea back; its tree may be removed then."""

    by: str
    idea: str
    reason: str = ""
    type: Literal["release"] = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Judge what was made of a claimed idea."""

    by: str
    idea: str
    tree: str
    """The object in whet's store that holds the files."""
    hypothesis: str = ""
    type: Literal["submit"] = "submit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take back what has no verdict yet; if it is being measured, that ends."""

    by: str
    experiment: str
    reason: str = ""
    type: Literal["withdraw"] = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Keep what whoever submitted an experiment wants others to know of it."""

    by: str
    experiment: str
    text: str
    type: Literal["remark"] = "remark"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddIdea:
    """Put an idea at the end of the queue; its id is not looked at."""

    idea: Idea
    type: Literal["idea.add"] = "idea.add"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIdea:
    """Take an idea out of the queue."""

    idea: str
    reason: str
    type: Literal["idea.drop"] = "idea.drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveIdea:
    """Put an idea at a place in the queue, 1 being the next."""

    idea: str
    place: int
    type: Literal["idea.move"] = "idea.move"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenIdea:
    """Put an idea that was ruled out or dropped back into the queue."""

    idea: str
    reason: str
    type: Literal["idea.reopen"] = "idea.reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attend:
    """Say that somebody is there who measures; only a process that drives answers letters."""

    type: Literal["attend"] = "attend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Start nothing more until somebody says so; what is under way comes to its end."""

    type: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """Go on after a pause."""

    type: Literal["continue"] = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """End the run after its wave, or at once."""

    now: bool = False
    type: Literal["halt"] = "halt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Let a worker measure nothing more, and give its machine back; or only that, to get another.

    What is measured there comes to its end first, unless it is to be `now`.
    """

    worker: str
    replace: bool = False
    now: bool = False
    reason: str = ""
    type: Literal["worker.drain"] = "worker.drain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readmit:
    """Let a worker measure again that was drained."""

    worker: str
    type: Literal["worker.resume"] = "worker.resume"


Request = (
    Attend
    | Claim
    | Release
    | Submit
    | Withdraw
    | Remark
    | AddIdea
    | DropIdea
    | MoveIdea
    | ReopenIdea
    | Pause
    | Continue
    | Halt
    | Drain
    | Readmit
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was done: the ids it is about now."""

    campaign: str
    idea: str = ""
    experiment: str = ""
    place: int = 0
    machine: str = ""
    """The machine that is given back, where there is one."""
    known: bool = False
    """It had been done before: nothing new was recorded."""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why it was not done: an error of `whet.errors` by its name, and what belongs to it."""

    error: str
    message: str
    hint: str = ""
    details: tuple[str, ...] = ()
