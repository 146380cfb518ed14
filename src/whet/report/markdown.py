"""`report.md` for GitHub. Every number comes from the ledger, every foreign word is inert."""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from whet.plan.state import State
from whet.report.escape import safe
from whet.report.view import view

__all__ = ["report", "safe"]


def report(state: State, *, pictures: bool = True) -> str:
    """The report as Markdown.

    Args:
        state: the campaign.
        pictures: show `progress.svg`, `effects.svg` and their `-dark` twins, which then must
            stand beside the report.
    """
    text = _environment().get_template("report.md.j2").render(r=view(state, pictures=pictures))
    return _spaced(text)


@functools.cache
def _environment() -> Environment:
    """Whatever is no `Markup` goes through `safe`, so that nothing has to remember it."""
    return Environment(
        loader=PackageLoader("whet.report"),
        autoescape=True,
        finalize=_inert,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _inert(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(safe(str(value)))  # noqa: S704


def _spaced(text: str) -> str:
    """One empty line where parts that were left out have left several."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line.rstrip("abcdefghijklmnopqrstuvwxyz")
        if line or fence or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).rstrip("\n") + "\n"
