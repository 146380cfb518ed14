"""What somebody who does not look is told: one document with the verdict in its title."""

from whet.model.event import CampaignStopped, Event, VerdictGiven, WorkerQuarantined
from whet.plan.state import State
from whet.report.document import SCHEMA
from whet.report.escape import cut, visible
from whet.report.figures import change, moment, plural
from whet.report.jsonable import Document
from whet.report.story import find, headline, judged, kept, title
from whet.report.words import sentence


def notice(state: State, event: Event) -> Document | None:
    """The document for an event; None where nobody has to be told.

    `event` in it is `kept`, `attention` or `finished`; texts are safe to show.
    """
    match event:
        case VerdictGiven() if event.verdict.held:
            told = ("attention", _waits(state, event), event.experiment)
        case VerdictGiven() if event.verdict.kind == "kept":
            told = ("kept", _kept(state, event), event.experiment)
        case WorkerQuarantined():
            out = f"{visible(event.worker)} is taken out: {cut(event.reason, 120)}"
            told = ("attention", out, "")
        case CampaignStopped():
            told = ("finished", _finished(state), "")
        case _:
            return None
    kind, said, experiment = told
    verdict = event.verdict if isinstance(event, VerdictGiven) else None
    return {
        "schema": SCHEMA,
        "kind": "notification",
        "event": kind,
        "title": f"{cut(state.name, 60)}: {said}",
        "text": visible(sentence(verdict)) if verdict is not None else said,
        "campaign": state.name,
        "experiment": experiment or None,
        "verdict": verdict.kind if verdict is not None else None,
        "at": moment(event.at),
        "scripted": bool(state.scripted),
    }


def _kept(state: State, event: VerdictGiven) -> str:
    effect = event.verdict.effect
    number = f" {change(effect)}" if effect is not None else ""
    return f"{event.experiment} kept{number}, {_title(state, event)}"


def _waits(state: State, event: VerdictGiven) -> str:
    return f"{event.experiment} waits for a person, {_title(state, event)}"


def _title(state: State, event: VerdictGiven) -> str:
    return cut(title(state, find(state, event.experiment)), 80)


def _finished(state: State) -> str:
    found = headline(state)
    number = f"{change(found.effect)}, " if found.kind == "measured" and found.effect else ""
    count = f"{len(kept(state))} of {plural(len(judged(state)), 'experiment')} kept"
    reason = cut(state.stopped.reason, 120) if state.stopped is not None else ""
    return f"finished: {number}{count}" + (f" ({reason})" if reason else "")
