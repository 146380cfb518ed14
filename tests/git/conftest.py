"""Repositories that the tests of git start from."""

import pytest

from support.repos import commit, place, user_git


@pytest.fixture
def root(tmp_path):
    """A repository with a bit of everything, in a folder whose name is odd."""
    path = tmp_path / "mein Projekt ä 日本"
    path.mkdir()
    user_git(path, "init", "--quiet")
    commit(path, {
        "src/a.c": "int a(void)\n{\n    return 1;\n}\n" + "// filler\n" * 20 + "int last;\n",
        "src/b.c": "int b;\n",
        "run.sh": "#!/bin/sh\necho run\n",
        "data.bin": bytes(range(256)),
        "crlf.txt": b"one\r\ntwo\r\n",
        ".gitignore": "*.o\nbuild/\n",
    })  # fmt: skip
    (path / "run.sh").chmod(0o755)
    (path / "link").symlink_to("src/a.c")
    commit(path)
    return path


@pytest.fixture
def here(root, tmp_path):
    return place(root, tmp_path / "store.git")
