"""The skill that teaches an agent to work with whet, put where agents look for skills."""

from importlib.resources import files
from pathlib import Path

from whet.api.workspace import repository
from whet.errors import UserError

FOLDERS = (".agents/skills/whet", ".claude/skills/whet")
"""Below a repository or a home: most agents look into the first, some only into the second."""

NAME = "SKILL.md"


def text() -> str:
    """The skill."""
    return (files("whet") / "skill" / NAME).read_text(encoding="utf-8")


def install(start: Path, *, user: bool = False, uninstall: bool = False) -> tuple[Path, ...]:
    """Write the skill below the repository, or with `user` below the home, or take it out.

    Returns:
        The files that were written or removed; none where all was as it is to be.

    Raises:
        UserError: there is a skill of that name which is not whet's.
        NotReady: there is no repository.
    """
    root = Path.home() if user else repository(start).root
    paths = [root / folder / NAME for folder in FOLDERS]
    for path in paths:
        if path.exists() and "\nname: whet\n" not in path.read_text(
            encoding="utf-8", errors="replace"
        ):
            raise UserError(f"{path} is not whet's", hint=f"mv {path} {path}.old")
    return _removed(paths) if uninstall else _written(paths)


def _written(paths: list[Path]) -> tuple[Path, ...]:
    new, wanted = [], text()
    for path in paths:
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.new")
            draft.write_text(wanted, encoding="utf-8")
            draft.replace(path)
            new.append(path)
    return tuple(new)


def _removed(paths: list[Path]) -> tuple[Path, ...]:
    gone = [path for path in paths if path.exists()]
    for path in gone:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    return tuple(gone)
