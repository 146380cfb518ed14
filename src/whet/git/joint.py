"""Several repositories as one, to be read: nothing is copied, and nothing is written to them."""

from collections.abc import Sequence
from pathlib import Path

from whet.git.call import git
from whet.git.mirror import ATTRIBUTES, alternate


def join(path: Path, parts: Sequence[Path]) -> Path:
    """A bare repository that finds the objects of all parts; returns its folder.

    Args:
        path: its folder, in a cache.
        parts: git folders: mirrors, and the user's repository.
    """
    if not (path / "HEAD").exists():
        path.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--bare", "--template=", git_dir=path)
    (path / "info").mkdir(exist_ok=True)
    (path / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
    lines = [alternate(part / "objects") for part in parts]
    (path / "objects" / "info" / "alternates").write_bytes(b"".join(lines))
    _shallow(path, parts)
    return path


def _shallow(path: Path, parts: Sequence[Path]) -> None:
    """Where a history was cut off, it ends here too."""
    ends = {line for part in parts if (part / "shallow").exists()
            for line in (part / "shallow").read_text(encoding="utf-8").splitlines()}  # fmt: skip
    if ends:
        (path / "shallow").write_text("".join(f"{end}\n" for end in sorted(ends)), encoding="utf-8")
    else:
        (path / "shallow").unlink(missing_ok=True)
