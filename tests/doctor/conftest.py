"""A fixture that makes targets; lets the tests here import `small_targets`."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from small_targets import CONFIG, FILES, Target, git

Make = Callable[..., Target]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a target: the usual files with some changed, added, or (None) left out."""

    def make_target(
        files: Mapping[str, str | bytes | None] | None = None, **sections: object
    ) -> Target:
        root = tmp_path / "target"
        for name, text in {**FILES, **(files or {})}.items():
            if text is not None:
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode() if isinstance(text, str) else text)
        git("init", "-q", "-b", "main", cwd=root)
        git("add", "-A", cwd=root)
        git("commit", "-q", "-m", "start", cwd=root)
        return Target(root=root, config=replace(CONFIG, **sections), cache=tmp_path / "cache")

    return make_target
