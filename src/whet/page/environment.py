"""The one set of templates. What is not markup of ours is made visible and escaped, always."""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from whet.model.verdict import VerdictKind
from whet.report.escape import cut, verbatim, visible
from whet.report.figures import typeset
from whet.report.marks import mark
from whet.report.prose import Piece, Sentence
from whet.report.svg import Svg, element, group
from whet.report.words import WORDS


@functools.cache
def environment() -> Environment:
    """The templates with their filters."""
    found = Environment(
        loader=PackageLoader("whet.page"),
        autoescape=True,
        finalize=_inert,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(cut=cut, lines=_lines, words=_words)
    found.globals.update(icon=_icon, symbols=_symbols)
    return found


def _inert(value: object) -> object:
    """Charts escape themselves; whatever else comes is text on one line."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Svg):
        return Markup(value)  # noqa: S704
    return visible(str(value)) if isinstance(value, str) else value


def _lines(text: str) -> Markup:
    """Text whose lines and spaces matter."""
    return Markup("\n").join(escape(line) for line in verbatim(text).split("\n"))


def _words(told: Sentence) -> Markup:
    """A sentence of ours."""
    return Markup("").join(_piece(piece) for piece in told)


def _piece(piece: Piece) -> Markup:
    match piece.kind:
        case "ours":
            # spaces at its ends stand between it and what is beside it
            return escape(typeset(piece.text))
        case "foreign":
            return escape(visible(piece.text))
        case "code":
            return Markup("<code>{}</code>").format(visible(piece.text))
        case "strong":
            return Markup("<strong>{}</strong>").format(typeset(piece.text))


def _icon(kind: str) -> Markup:
    """The shape of a verdict beside the word that says the same."""
    return Markup('<svg class="ic" aria-hidden="true"><use href="#i-{}"/></svg>').format(kind)


def _symbols() -> Markup:
    """The shapes, once in a page."""
    kinds: dict[VerdictKind, float] = dict.fromkeys(WORDS, 4.2)
    shapes = [_symbol(kind, mark(kind, 7, 7, size)) for kind, size in kinds.items()]
    ring = element("circle", class_="ring", cx=7, cy=7, r=4)
    dot = element("circle", class_="node", cx=7, cy=7, r=1.6)
    shapes += [_symbol("running", ring), _symbol("waiting", dot), _symbol("measured", ring)]
    whole = element("svg", *shapes, class_="symbols", aria_hidden="true")
    return Markup(whole)  # noqa: S704


def _symbol(name: str, shape: Svg) -> Svg:
    # what is used elsewhere does not know its ancestors here, so it brings the class along
    return element("symbol", group(shape, class_="chart"), id=f"i-{name}", viewBox="0 0 14 14")
