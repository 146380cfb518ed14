"""SVG as text: elements whose texts and attributes are escaped, always."""

from html import escape
from typing import Final

from whet.report.escape import visible


class Svg(str):
    """Markup that is already escaped."""

    __slots__ = ()


NOTHING: Final = Svg("")


def element(name: str, *content: str, **attributes: str | float) -> Svg:
    """An element; content that is not `Svg` is text and is made visible and escaped.

    An underscore in an attribute's name stands for a hyphen, one at its end for nothing.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value != ""
    )
    inner = "".join(part if isinstance(part, Svg) else _shown(part) for part in content)
    return Svg(f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}/>")


def group(*content: Svg, **attributes: str | float) -> Svg:
    """Elements together, or nothing at all."""
    shown = [part for part in content if part]
    return element("g", *shown, **attributes) if shown else NOTHING


def text(x: float, y: float, *content: str, **attributes: str | float) -> Svg:
    """A text at its place."""
    return element("text", *content, x=x, y=y, **attributes)


def straight(x1: float, y1: float, x2: float, y2: float, class_: str) -> Svg:
    """A straight line."""
    return element("path", class_=class_, d=f"M{short(x1)} {short(y1)}L{short(x2)} {short(y2)}")


def short(number: float) -> str:
    """A coordinate with a tenth of a pixel."""
    shown = f"{number:.1f}"
    return shown.removesuffix(".0")


def _shown(part: str) -> str:
    """Text made visible, with a space at its ends where it had one: another text may follow."""
    before, after = part[:1].isspace(), part[-1:].isspace()
    return f"{' ' if before else ''}{escape(visible(part))}{' ' if after else ''}"


def _attribute(value: str | float) -> str:
    return escape(visible(value)) if isinstance(value, str) else short(value)
