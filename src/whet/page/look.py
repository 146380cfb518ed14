"""Colours of the page: those of the charts, and what only a page has. One table, two themes."""

from collections.abc import Mapping
from importlib.resources import files

from whet.report.theme import stylesheet, variables

_MORE: Mapping[str, tuple[str, str]] = {
    "bg": ("#f7f7f5", "#0e1115"),
    "line": ("#e3e4e6", "#282e36"),
    "busy": ("#1f5fd1", "#7aa8ff"),
    "unsure": ("#8a5a00", "#f0b84a"),
    "gainbg": ("#e7f6ef", "#12291f"),
    "warnbg": ("#fdf3dc", "#2c2410"),
    "busybg": ("#e9f0fd", "#16233d"),
    "code": ("#f1f2f3", "#1d2228"),
    "plus": ("#e2f5ea", "#12291f"),
    "minus": ("#fdeceb", "#331b1b"),
    "link": ("#1a56c4", "#86b1ff"),
}
"""Light and dark. What is text has a contrast of at least 4.5 on whatever it stands on."""


def css() -> str:
    """The whole style of the page."""
    light, dark = _colours(0), _colours(1)
    return (
        f":root{{color-scheme:light;{light}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
        "@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light])"
        f"{{color-scheme:dark;{dark}}}}}"
        f"@media print{{:root[data-theme=dark]{{color-scheme:light;{light}}}}}"
        f"{_charts()}{read('style.css')}"
    )


def read(name: str) -> str:
    """One of the page's own files."""
    return (files("whet.page") / "templates" / name).read_text(encoding="utf-8")


def _colours(which: int) -> str:
    more = ";".join(f"--{name}:{pair[which]}" for name, pair in _MORE.items())
    return f"{variables('dark' if which else 'light')};{more}"


def _charts() -> str:
    """The rules of the charts, for nothing else on the page."""
    rules = stylesheet("page").split("}")
    return "".join(f".chart {rule}}}" for rule in rules if rule)
