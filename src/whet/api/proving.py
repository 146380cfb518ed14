"""`whet prove`: the judge's error rate, measured here, beside everyone else's."""

import json
from collections.abc import Callable
from pathlib import Path

from whet.errors import NotReady
from whet.proof.chart import chart
from whet.proof.document import document
from whet.proof.result import Proof
from whet.proof.run import Doing, Options, prove
from whet.proof.table import markdown

__all__ = ["Doing", "Options", "Proof", "prove", "write"]


def write(proof: Proof, folder: Path) -> tuple[Path, ...]:
    """Write a proof as Markdown, JSON and charts.

    Raises:
        NotReady: the folder cannot be written.
    """
    made: dict[str, Callable[[], str]] = {
        "proof.md": lambda: markdown(proof),
        "proof.json": lambda: json.dumps(document(proof), indent=1) + "\n",
        "proof.svg": lambda: chart(proof, "light"),
        "proof-dark.svg": lambda: chart(proof, "dark"),
    }
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text(), encoding="utf-8")
            written.append(folder / name)
    except OSError as error:
        raise NotReady(
            f"cannot write {folder}: {error.strerror}", hint="whet prove --out proof"
        ) from error
    return tuple(written)
