"""Charts as PNG, for what shows no SVG. Needs the extra `png`, and a font on this machine."""

import importlib.util

from whet.errors import NotReady

_SCALE = 2
"""Pixels for each pixel of the SVG, so that it is sharp on a dense screen."""

_LETTER = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'


def available() -> bool:
    """Whether pictures can be made here."""
    return importlib.util.find_spec("resvg_py") is not None and _has_font()


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
    if not _has_font():
        raise NotReady(
            "there is no font on this machine, so a PNG would have no words",
            hint="install one, e.g. `apt install fonts-dejavu-core`; or `whet report --format svg`",
        )
    return _drawn(svg, _SCALE)


def _has_font() -> bool:
    return _drawn(_LETTER.format('<text x="2" y="15">H</text>')) != _drawn(_LETTER.format(""))


def _drawn(svg: str, scale: int = 1) -> bytes:
    import resvg_py  # noqa: PLC0415 (an extra, and slow to import)

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, font_family="sans-serif"))
