import os
import subprocess

import pytest


@pytest.fixture
def repository(tmp_path):
    """A git repository with the given files, all committed; `#!` files are executable."""

    def make(files, *, untracked=()):
        root = tmp_path / "project"
        root.mkdir()
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if text.startswith("#!"):
                path.chmod(0o755)
        environ = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
        for words in (
            ["init", "-q"],
            ["add", "--", *(name for name in files if name not in untracked)],
            [*who, "commit", "-q", "-m", "start"],
        ):
            subprocess.run(["git", *words], cwd=root, env=environ, check=True)
        return root

    return make


@pytest.fixture
def nobody(tmp_path):
    """An environment in which no user has a configuration of their own."""
    return {"XDG_CONFIG_HOME": str(tmp_path / "nobody")}
