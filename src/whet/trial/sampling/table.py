"""Frames by number, so that ten thousand stacks name each function once."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from whet.model.sampling import Frame


@dataclass(slots=True)
class Table:
    """Numbers frames in the order they come."""

    frames: list[Frame] = field(default_factory=list)
    _known: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def number(self, name: str, module: str = "", file: str = "") -> int:
        """The number of a function."""
        key = (name, module, file)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.frames)
            self.frames.append(Frame(name=name, module=module, file=file))
        return found


def inside(path: str, tree: str) -> str:
    """A path relative to the tree where it is in it, else empty.

    Compilers that are told to forget where they ran leave paths that are relative already.
    """
    if not path.startswith("/"):
        return path.removeprefix("./") if path and Path(tree, path).is_file() else ""
    inner = PurePosixPath(path)
    top = PurePosixPath(tree)
    return str(inner.relative_to(top)) if top in inner.parents else ""
