"""Charts as PNG, for what shows no SVG. Needs the extra `png`, and a font on this machine."""

import functools
import importlib.util

from whet.errors import NotReady

_SCALE = 2
"""Pixels for each pixel of the SVG, so that it is sharp on a dense screen."""

_FAMILIES = (
    "Inter", "DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Segoe UI",
    "Ubuntu", "Cantarell", "Roboto", "FreeSans", "Nimbus Sans",
)  # fmt: skip
"""What may be here: the library knows no family that stands for whatever there is."""

_LETTER = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'


def available() -> bool:
    """Whether pictures can be made here."""
    return importlib.util.find_spec("resvg_py") is not None and bool(_family())


def png(svg: str) -> bytes:
    """A chart as a picture.

    Raises:
        NotReady: the extra is not installed, or there is no font to write with.
    """
    if importlib.util.find_spec("resvg_py") is None:
        raise NotReady(
            "PNG needs the extra `png`, which is not installed",
            hint="pip install 'whet[png]'",
        )
    if not _family():
        raise NotReady(
            "there is no font on this machine, so a PNG would have no words",
            hint="whet report --format svg; or install one, e.g. `apt install fonts-dejavu-core`",
        )
    return _drawn(svg, _SCALE, _family())


@functools.cache
def _family() -> str:
    """A family that letters can be drawn in; empty where there is none."""
    blank = _drawn(_LETTER.format(""))
    letter = '<text x="2" y="15" font-family="{}">H</text>'
    found = (name for name in _FAMILIES if _drawn(_LETTER.format(letter.format(name))) != blank)
    return next(found, "")


def _drawn(svg: str, scale: int = 1, family: str = "") -> bytes:
    import resvg_py  # noqa: PLC0415 (an extra, and slow to import)

    return bytes(
        resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, sans_serif_family=family or None)
    )
