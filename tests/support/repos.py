"""Real repositories: plain ones, odd ones, hostile ones."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from whet.git.repo import Repo, find
from whet.git.store import DoesNotApply, Store, open_store

ODD_NAMES = (
    "plain.txt", "with space.txt", "ä.txt", "日本.txt", "new\nline.txt", "tab\there", 'quo"te',
    "back\\slash", "-dash", "*star", "sub dir/ü/deep.c",
    b"latin-\xe4".decode(errors="surrogateescape"),
)  # fmt: skip


def user_git(folder, *args, stdin=b"", check=True, **env):
    """Git as a user runs it, with a quiet configuration of its own."""
    full = {
        "PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A User", "GIT_AUTHOR_EMAIL": "user@example.org",
        "GIT_COMMITTER_NAME": "A User", "GIT_COMMITTER_EMAIL": "user@example.org", **env,
    }  # fmt: skip
    argv = ["git", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *args]
    done = subprocess.run(argv, cwd=folder, env=full, input=stdin, capture_output=True, check=False)
    if check and done.returncode:
        raise AssertionError(done.stderr.decode())
    return done.stdout.decode(errors="surrogateescape").strip("\n")


def write(folder, files):
    """Write files by relative path; text or bytes."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit(folder, files=None, message="change"):
    """Write files, commit everything, and return the commit."""
    write(folder, files or {})
    user_git(folder, "add", "--all", "--force")
    user_git(folder, "commit", "--quiet", "--allow-empty", "-m", message)
    return user_git(folder, "rev-parse", "HEAD")


def contents(root):
    """Every file, link and empty folder below a folder, the .git folder included, by digest."""
    found = {}
    for at, folders, names in os.walk(root):
        for name in [*names, *(f for f in folders if Path(at, f).is_symlink())]:
            path = Path(at, name)
            key = str(path.relative_to(root))
            if path.is_symlink():
                found[key] = ("link", str(path.readlink()))
            else:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[key] = (oct(path.stat().st_mode), digest)
        if not names and not folders:
            found[str(Path(at).relative_to(root)) + "/"] = ("empty", "")
    return found


def plain(root):
    """The same without the .git folder."""
    return {key: value for key, value in contents(root).items() if not key.startswith(".git/")}


@dataclass(frozen=True)
class Place:
    """A user's repository, whet's view of it, and a store that borrows from it."""

    root: Path
    repo: Repo
    store: Store
    base: str


def place(root, where):
    repo = find(root)
    return Place(
        root, repo, open_store(where, borrow=repo.common, also=repo.modules()), repo.resolve("HEAD")
    )


def with_submodule(root, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    user_git(inner, "init", "--quiet")
    commit(inner, {"inner.c": "int inner;\n"})
    user_git(root, "submodule", "--quiet", "add", str(inner), "third party/inner")
    commit(root)
    return root / "third party" / "inner"


PATCH = b"""\
--- a/src/b.c
+++ b/src/b.c
@@ -1 +1 @@
-int b;
+int b = 2;
"""


def everything_that_reads(at, tmp_path):
    """All that whet does with a repository short of taking refs into it."""
    at.repo.resolve("HEAD")
    at.repo.is_commit("no-such-thing")
    at.repo.head()
    at.repo.dirty()
    store = at.store
    made = store.commit(store.apply(PATCH, at.base), "made\n", (at.base,))
    with pytest.raises(DoesNotApply):
        store.apply(PATCH.replace(b"int b;", b"int c;"), at.base)
    store.diff(at.base, made)
    store.changes(at.base, made)
    store.matching(made, ("*.c", "!b.c"))
    store.files(made)
    store.submodules(made)
    store.show(made, "src/a.c")
    store.point("refs/whet/x", made)
    store.bundle({"a": store.snapshot(at.base), "b": store.snapshot(made)}, tmp_path / "bundle")
    store.checkout(made, tmp_path / "out")
    store.take(tmp_path / "out", at.base)
    store.take(at.root, at.base)
    return made
