"""An agent whose every edit is known beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whet.ports import AgentReport, Brief


@dataclass(slots=True, kw_only=True)
class ScriptedAgent:
    """Writes files into the tree: `edits` has, for each idea's id, contents by path.

    An idea without edits is one that the agent gives up on. `briefs` are those it was given.
    """

    edits: Mapping[str, Mapping[str, str]]
    briefs: list[Brief] = field(default_factory=list)

    async def work(self, brief: Brief, tree: Path) -> AgentReport:
        """Make the edits of the brief's idea."""
        self.briefs.append(brief)
        edits = self.edits.get(brief.idea, {})
        for name, text in edits.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        transcript = "".join(f"wrote {name}\n" for name in edits)
        return AgentReport(
            outcome="finished" if edits else "failed",
            seconds=0.0,
            transcript=transcript,
            detail="" if edits else "the agent ended with exit 1",
        )
