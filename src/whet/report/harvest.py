"""What came of commits that were taken over from forks: one row each, tried or not."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from whet.model.idea import Evidence, Idea
from whet.plan.state import ExperimentState, State
from whet.report.escape import columns, cut, pad, visible
from whet.report.figures import estimate, interval
from whet.report.jsonable import Document
from whet.report.span import Line, Span, line
from whet.report.story import comparable
from whet.report.words import REASONS, UNASKED, WAITING, WORDS, sentence, short

_COMMIT = re.compile(r"@([0-9a-f]{7,64})$")
_SHORT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One commit of a fork."""

    idea: Idea
    evidence: Evidence
    commit: str
    """Its id where it comes from, shortened."""
    experiment: ExperimentState | None
    refused: str
    """Why it was not tried; empty for what was, or still waits."""

    @property
    def origin(self) -> str:
        """Who wrote it and where, for a person."""
        return (
            f"{self.evidence.author} in {self.evidence.key.removeprefix('git:').partition('@')[0]}"
        )


def rows(state: State) -> tuple[Row, ...]:
    """Every commit that came from a fork: those that were tried first, in their order."""
    found = []
    done = {one.candidate.idea: one for one in state.experiments.values()}
    for idea in state.ideas.values():
        cited = next((state.evidence[n] for n in idea.evidence if n in state.evidence), None)
        match = _COMMIT.search(cited.key) if cited is not None else None
        if cited is None or match is None or not idea.key.startswith("take:"):
            continue
        ruling = state.ruled_out.get(idea.id)
        refused = ruling.reason if ruling is not None else state.dropped.get(idea.id, "")
        row = Row(idea=idea, evidence=cited, commit=match[1][:_SHORT],
                  experiment=done.get(idea.id), refused=refused)  # fmt: skip
        found.append(row)
    return tuple(sorted(found, key=_order))


def _order(row: Row) -> tuple[bool, bool, int, str]:
    name = row.experiment.id if row.experiment is not None else ""
    return row.experiment is None, bool(row.refused), len(name), name


def table(state: State, width: int = 80) -> tuple[Line, ...]:
    """The same for a terminal."""
    return tuple(_line(row, width) for row in rows(state))


def why(row: Row) -> str:
    """What became of a commit, in a few words."""
    if row.refused:
        return f"not tried: {row.refused}"
    verdict = row.experiment.verdict if row.experiment is not None else None
    return sentence(verdict) if verdict is not None else "waits"


def _briefly(row: Row) -> str:
    """The same in half a line."""
    verdict = row.experiment.verdict if row.experiment is not None else None
    if verdict is None or row.refused:
        return why(row).removeprefix("not tried: ")
    if verdict.code == "does_not_apply":
        return verdict.reason.partition(", and with")[0].replace("conflicts in", "conflict:")
    return REASONS[verdict.code] if verdict.code in ("build", "identical") else sentence(verdict)


def documents(state: State) -> list[Document]:
    """The same for `--json` and the report."""
    return [
        {
            "commit": row.commit,
            "key": row.evidence.key,
            "locator": row.evidence.locator,
            "title": row.idea.title,
            "author": row.evidence.author or None,
            "published": row.evidence.published or None,
            "licence": row.evidence.licence or None,
            "copy_ok": row.evidence.copy_ok,
            "idea": row.idea.id,
            "experiment": row.experiment.id if row.experiment is not None else None,
            "verdict": row.experiment.verdict.kind
            if row.experiment is not None and row.experiment.verdict is not None
            else None,
            "why": why(row),
            "refused": row.refused or None,
            "left_out": list(row.experiment.candidate.left_out) if row.experiment else [],
            "claims": [claim.gain for claim in row.evidence.claims],
        }
        for row in rows(state)
    ]


def _without(row: Row) -> str:
    """That generated files of the commit stayed behind, where they did."""
    left = row.experiment.candidate.left_out if row.experiment is not None else ()
    return f" without {files(left)}" if left else ""


def _line(row: Row, width: int) -> Line:
    experiment = row.experiment
    verdict = experiment.verdict if experiment is not None else None
    effect = comparable(experiment) if experiment is not None else None
    shape = Span(WORDS[verdict.kind].shape, verdict.kind) if verdict is not None else Span(
        UNASKED if row.refused else WAITING, "dim"
    )  # fmt: skip
    name = experiment.id if experiment is not None else "   "
    head = (Span("  "), shape, Span(f" {name} ", "id"), Span(f"{row.commit} ", "dim"))
    if verdict is not None and effect is not None:
        told = f"{estimate(effect):>6} {interval(effect):<14} {short(verdict)}{_without(row)}"
    else:
        told = _briefly(row) + _without(row)
    taken = sum(columns(span.text) for span in head)
    room = max(8, min(38, (width - taken) // 2))
    title = pad(cut(row.idea.title, room), room)
    said = cut(told, width - taken - room - 2) if effect is None else told
    return line(*head, title, "  ", Span(said, verdict.kind if verdict is not None else "dim"))


def files(paths: Sequence[str], most: int = 1) -> str:
    """Files as a person names them: "deflate.c and 3 more"."""
    names = [visible(posixpath.basename(path)) for path in paths]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
