"""What happened to evidence and ideas, as the parts of a line of the log."""

from collections.abc import Callable, Mapping
from typing import Any

from whet.model import event as happened
from whet.model import inside, reading
from whet.plan.state import State
from whet.report.escape import visible
from whet.report.figures import moment, plural
from whet.report.machines import Pairs, Told

PLAIN: Mapping[type, Callable[[State, Any], Pairs]] = {
    happened.EvidenceFound: lambda _, e: (
        ("evidence", e.evidence.id),
        ("reader", e.evidence.reader),
        ("at", e.evidence.locator),
        ("gone", e.evidence.gone),
    ),
    happened.IdeaAdded: lambda _, e: (("idea", e.idea.id), ("title", e.idea.title)),
    happened.IdeaDropped: lambda _, e: (("idea", e.idea), ("dropped", "yes"), ("reason", e.reason)),
    happened.IdeaRuledOut: lambda _, e: (
        ("idea", e.idea),
        ("ruled_out", e.ruling.code),
        ("reason", e.ruling.reason),
    ),
    happened.IdeaReopened: lambda _, e: (
        ("idea", e.idea),
        ("reopened", "yes"),
        ("reason", e.reason),
    ),
    reading.IdeaRevised: lambda _, e: (("idea", e.idea.id), ("revised", "yes")),
    reading.IdeaMoved: lambda _, e: (("idea", e.idea), ("place", str(e.place))),
    reading.WaveAnalysed: lambda _, e: (
        ("wave", str(e.wave)),
        ("analysed", "yes"),
        ("asked", ",".join(e.asked)),
    ),
    reading.IdeasOrdered: lambda _, e: (("ideas", ",".join(e.ideas)), ("reason", e.reason)),
    reading.ReaderFinished: lambda _, e: (
        ("reader", e.reader),
        ("evidence", str(e.evidence)),
        ("ideas", str(e.ideas)),
        ("requests", str(e.effort.requests)),
        ("problems", str(len(e.problems))),
    ),
    inside.IdeaClaimed: lambda _, e: (
        ("idea", e.idea),
        ("claimed_by", e.by),
        ("until", moment(e.until)),
    ),
    inside.ExperimentRemarked: lambda _, e: (
        ("exp", e.experiment),
        ("by", e.by),
        ("remark", e.text),
    ),
    inside.IdeaReleased: lambda _, e: (("idea", e.idea), ("released", "yes"), ("reason", e.reason)),
}


def _told_reader(_: State, event: reading.ReaderFinished) -> Told:
    failed = f", {plural(len(event.problems), 'problem')}" if event.problems else ""
    found = f"{event.evidence} pieces of evidence, {plural(event.ideas, 'idea')}"
    return visible(event.reader), f"read: {found}{failed}", "warn" if failed else "dim"


TOLD: Mapping[type, Callable[[State, Any], Told]] = {
    happened.EvidenceFound: lambda _, e: (
        e.evidence.id,
        f"{'gone from' if e.evidence.gone else 'found in'} {visible(e.evidence.locator)}",
        "dim",
    ),
    happened.IdeaAdded: lambda _, e: (e.idea.id, visible(e.idea.title), "dim"),
    happened.IdeaDropped: lambda _, e: (e.idea, f"dropped: {visible(e.reason)}", "dim"),
    happened.IdeaRuledOut: lambda _, e: (e.idea, f"ruled out: {visible(e.ruling.reason)}", "dim"),
    happened.IdeaReopened: lambda _, e: (e.idea, f"open again: {visible(e.reason)}", "dim"),
    reading.IdeaRevised: lambda _, e: (e.idea.id, "more is known of it", "dim"),
    reading.IdeaMoved: lambda _, e: (e.idea, f"moved to place {e.place}", "dim"),
    reading.WaveAnalysed: lambda _, e: (
        f"wave {e.wave}",
        f"analysed: {visible('; '.join(e.remarks)) or 'nothing to change'}",
        "dim",
    ),
    reading.IdeasOrdered: lambda _, e: (
        "queue",
        f"{', '.join(e.ideas[:4])}{' …' if len(e.ideas) > 4 else ''}: {visible(e.reason)}",
        "dim",
    ),
    reading.ReaderFinished: _told_reader,
    inside.IdeaClaimed: lambda _, e: (
        e.idea,
        f"claimed by {visible(e.by)} until {moment(e.until)[11:16]}",
        "dim",
    ),
    inside.ExperimentRemarked: lambda _, e: (
        e.experiment,
        f"{visible(e.by)} notes: {visible(e.text)}",
        "dim",
    ),
    inside.IdeaReleased: lambda _, e: (e.idea, f"free again: {visible(e.reason)}", "dim"),
}
