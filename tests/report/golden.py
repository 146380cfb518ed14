"""Expected texts kept as files: `WHET_GOLDEN=write pytest tests/report` writes them anew."""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden"


def expected(name: str, text: str) -> str:
    """What `text` must be: the content of `tests/golden/<name>`."""
    path = GOLDEN / name
    if os.environ.get("WHET_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8")
