"""The campaign of the demo as the nouns of whet."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from whet.demo import CAMPAIGN, PATCHES
from whet.model.idea import Evidence, Idea


@dataclass(frozen=True, slots=True)
class Act:
    """An idea and the patch that the scripted agent makes of it."""

    idea: Idea
    patch: Path


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the demo replays."""

    evidence: tuple[Evidence, ...]
    acts: tuple[Act, ...]


@functools.cache
def story() -> Story:
    """Read the bundled campaign."""
    data = json.loads(CAMPAIGN.read_text(encoding="utf-8"))
    evidence = tuple(
        Evidence(
            id=item["id"],
            reader=item["reader"],
            locator=item["locator"],
            title=item.get("title", ""),
            quote=item["quote"],
        )
        for item in data["evidence"]
    )
    told = [(wave["title"], item) for wave in data["waves"] for item in wave["ideas"]]
    acts = (_act(number, item, theme) for number, (theme, item) in enumerate(told, start=1))
    return Story(evidence, tuple(acts))


def _act(number: int, item: dict[str, object], theme: str) -> Act:
    predicted, cited = item.get("predicted"), item.get("evidence")
    return Act(
        Idea(
            id=f"I{number:02d}",
            title=str(item["title"]),
            mechanism=str(item.get("mechanism", "")),
            evidence=tuple(cited) if isinstance(cited, list) else (),
            predicted=(predicted[0], predicted[1]) if isinstance(predicted, list) else None,
            theme=theme,
            source="demo",
        ),
        PATCHES / str(item["patch"]),
    )
