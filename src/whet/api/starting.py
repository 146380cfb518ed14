"""`whet init`: look around, write one file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from whet.api.agents import named
from whet.api.workspace import configuration, repository
from whet.config.detect import Row, detect, heading, rows, summary
from whet.config.presets import Preset, fitting, names, preset
from whet.config.start import Answers, Started, proposed, start, unwritten
from whet.errors import UserError
from whet.places import STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is in a repository, as lines for a person."""

    heading: str
    rows: tuple[Row, ...]
    preset: Preset | None
    """The configuration that is known for it, where it is taken."""


def presets() -> tuple[Preset, ...]:
    """Every preset."""
    return tuple(map(preset, names()))


def look(
    folder: Path, answers: Answers | None = None, *, named: str = "", dry_run: bool = False
) -> Looked:
    """Look at the repository a folder is in; nothing is written.

    A preset is taken when it is named, or when it fits and neither the user nor an earlier loop
    says what to measure.

    Raises:
        NotReady: it is in none.
        UserError: there is a configuration already, and this is no dry run, or no such preset.
    """
    root = repository(folder).root
    if not dry_run:
        unwritten(root)
    said = replace(answers or Answers(), agent={}) != Answers()
    if named and said:
        raise UserError(
            "a preset says all of this already",
            hint=f"whet init --preset {named}, then: whet config set bench.command ./bench.sh",
        )
    found = detect(root)
    known = preset(named) if named else None
    if not (named or said or found.loop):
        known = fitting(found.tree)
    shown = rows(known.text, f"preset {known.name}") if known else summary(found)
    if answers is not None:
        shown = _as_typed(shown, answers)
    return Looked(heading=heading(found), rows=shown, preset=known)


def _as_typed(found: tuple[Row, ...], answers: Answers) -> tuple[Row, ...]:
    """The rows with what a person said in the place of what was found."""
    better = f", {answers.direction} is better" if answers.direction else ""
    typed = {
        "Benchmark": answers.bench,
        "Build": answers.build,
        "Checks": answers.checks,
        "Goal": f"{answers.metric}{better}" if answers.metric else "",
        "May change": " ".join(answers.allow),
    }
    known = {row.label: row for row in found}
    known |= {label: Row(label=label, value=value) for label, value in typed.items() if value}
    order = (*typed, "Protected")
    return tuple(known[label] for label in order if label in known)


def initialise(
    folder: Path, answers: Answers, known: Preset | None = None, *, dry_run: bool = False
) -> Started:
    """Write whet.toml; with `dry_run` only say what it would hold.

    Raises:
        NotEnough: it cannot be known what to measure.
        UserError: there is one already.
    """
    repo = repository(folder)
    if dry_run:
        return proposed(repo.root, answers, known)
    begun = start(repo.root, answers, known)
    repo.exclude(f"/{STATE}/")
    return begun


_SERVICE = ("agent.endpoint", "agent.model", "agent.key", "agent.wire")
_LOCAL = {"agent.endpoint": "http://localhost:11434/v1"}
"""Where a model server on this machine usually answers."""


def with_agent(answers: Answers, word: str, overrides: Mapping[str, str]) -> Answers:
    """The same answers with an agent of the table, or a command, and where its model is.

    Raises:
        ConfigError: the user's own table of agents is not as it must be.
        UserError: nobody says which model the built-in agent asks.
    """
    service = {key: overrides[key] for key in _SERVICE if key in overrides}
    usual = _LOCAL if word == "builtin" else {}
    if usual and "agent.model" not in service:
        raise UserError("which model does the built-in agent ask?",
                        hint="whet init --agent builtin --set agent.model=qwen3-coder")  # fmt: skip
    return replace(answers, agent={**named(word), **usual, **service})


def agent_is_set(folder: Path, overrides: Mapping[str, str]) -> bool:
    """Whether the configuration names who writes the changes.

    Raises:
        ConfigError: it is not as it must be.
    """
    return configuration(repository(folder), overrides).config.agent.kind != "none"


def answered(answers: Answers, *, bench: str = "", metric: str = "") -> Answers:
    """The same answers with what a person added when asked."""
    return replace(answers, bench=answers.bench or bench, metric=answers.metric or metric)
