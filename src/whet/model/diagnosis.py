"""What `whet doctor` found out: is the benchmark telling the truth, and would the checks see a bug?

Findings come in the order of the sections, those of one section together.
"""

from dataclasses import dataclass
from typing import Literal

from whet.model.design import Noise

Section = Literal["Repository", "Benchmark", "Checks", "Machine", "Noise", "Agent",
                  "Jail", "Command", "ACP", "Chat Completions", "Messages", "Version"]  # fmt: skip
"""The first six are about a target, the others about one agent."""

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the answer; `detail` are lines below it, `hint` is what to do about it."""

    section: Section
    level: Level
    text: str
    hint: str = ""
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was found. `ready` is False when a finding is an error.

    `noise` is None when pairs of the same code were not taken.
    """

    findings: tuple[Finding, ...]
    noise: Noise | None
    ready: bool
