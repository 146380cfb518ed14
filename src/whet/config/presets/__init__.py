"""Configurations for projects that are known: one file each, a whet.toml with a head.

The head is a table `[preset]` in comments' place: it ends at the first line that begins with `#`.
What follows is the text that `whet init` writes.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from whet.config.complaints import short
from whet.config.keys import nearest
from whet.config.tree import Tree
from whet.errors import UserError

_ENDING = ".toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A project that is known."""

    name: str
    title: str
    about: str
    """What is measured, in a line."""
    signs: tuple[str, ...]
    """Tracked files that all must be there; `a|b` is either of two."""
    needs: tuple[str, ...]
    """Programs that the build and the benchmark need."""
    first: tuple[str, ...]
    """What a person has to do before the first run, one sentence each."""
    text: str
    """What is written as whet.toml."""

    def fits(self, tree: Tree) -> bool:
        """Whether this is the project."""
        return all(any(map(tree.tracks, sign.split("|"))) for sign in self.signs)


def names() -> tuple[str, ...]:
    """Every preset, in alphabetical order."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in found if name.endswith(_ENDING)))


def preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in names():
        near = nearest(name, names())
        hint = f"whet init --preset {near}" if near else "whet presets"
        raise UserError(f"`{short(name)}` is not a preset", hint=hint)
    whole = files(__name__).joinpath(f"{name}{_ENDING}").read_text(encoding="utf-8")
    head, mark, text = whole.partition("\n#")
    said = tomllib.loads(head)["preset"]
    return Preset(
        name=name,
        title=said["title"],
        about=said["about"],
        signs=tuple(said["signs"]),
        needs=tuple(said.get("needs", ())),
        first=tuple(said.get("first", ())),
        text=mark.lstrip("\n") + text,
    )


def fitting(tree: Tree) -> Preset | None:
    """The preset of the project that stands in a folder, or None."""
    return next((found for found in map(preset, names()) if found.fits(tree)), None)
