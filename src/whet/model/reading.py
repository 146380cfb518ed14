"""Events of reading and of the queue of ideas; `whet.model.event` has the others."""

from dataclasses import dataclass
from typing import Literal

from whet.model.config import Research
from whet.model.idea import Idea
from whet.model.research import Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaRevised:
    """More is known of an idea: other evidence for it, a bound. Its id stays."""

    at: float
    idea: Idea
    type: Literal["idea.revised"] = "idea.revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaMoved:
    """A person has put an idea at a place in the queue, 1 being the next; ranking respects it."""

    at: float
    idea: str
    place: int
    type: Literal["idea.moved"] = "idea.moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeasOrdered:
    """The queue has this order now; ideas that are not named come after these."""

    at: float
    ideas: tuple[str, ...]
    reason: str
    type: Literal["ideas.ordered"] = "ideas.ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderFinished:
    """A reader has done its errands; what it found was recorded before this."""

    at: float
    reader: str
    evidence: int
    """New evidence it brought."""
    ideas: int
    """New ideas it brought."""
    effort: Effort
    problems: tuple[str, ...] = ()
    """What it could not read."""
    as_of: str = ""
    exclude: tuple[str, ...] = ()
    offline: bool = False
    research: Research | None = None
    """What the configuration said then, so that the reading can be repeated."""
    journal: str = ""
    """Digest of the list of answers it was given, among the campaign's blobs."""
    during: Literal["research", "run"] = "research"
    """Who asked: `whet research`, or a run that had nothing to try yet."""
    type: Literal["reader.finished"] = "reader.finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveAnalysed:
    """After a wave the queue was looked at again, with what the wave has shown."""

    at: float
    wave: int
    """0 before the first one, when a run has read by itself."""
    remarks: tuple[str, ...] = ()
    """What was concluded, each a sentence."""
    asked: tuple[str, ...] = ()
    """Readers that were asked because the ones before have not helped."""
    type: Literal["wave.analysed"] = "wave.analysed"
