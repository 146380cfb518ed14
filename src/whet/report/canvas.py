"""A chart as a document of its own: named and described for those who do not see it."""

from whet.plan.state import State
from whet.report.escape import cut
from whet.report.summary import without_number
from whet.report.svg import Svg, element, short, text
from whet.report.theme import Theme, stylesheet

WIDTH = 912.0
NOTE = 18.0
"""Height of a sentence below the picture."""


def document(key: str, name: str, about: str, height: float, theme: Theme, *content: Svg) -> str:
    """An SVG document without a script and with nothing to load; or a part of a page.

    Args:
        key: begins the ids inside, so that two charts can stand in one page.
        name: the title.
        about: what the picture shows, in words.
        height: in pixels.
        theme: its colours.
        content: what is drawn.
    """
    named = (element("title", name, id=f"{key}-t"), element("desc", about, id=f"{key}-d"))
    if theme == "page":
        return element(
            "svg",
            *named,
            *content,
            class_="chart",
            viewBox=f"0 0 {short(WIDTH)} {short(height)}",
            role="img",
            aria_labelledby=f"{key}-t {key}-d",
        )
    return element(
        "svg",
        *named,
        element("style", Svg(stylesheet(theme))),
        element("rect", class_="panel", width=WIDTH, height=height),
        *content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {short(WIDTH)} {short(height)}",
        width=WIDTH,
        height=height,
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
    )


def notes(state: State) -> tuple[str, ...]:
    """Sentences that every picture carries: that there is no headline, that it is scripted."""
    told = (without_number(state), f"Scripted: {state.scripted}" if state.scripted else "")
    return tuple(cut(sentence, 130) for sentence in told if sentence)


def written(sentences: tuple[str, ...], x: float, y: float) -> tuple[Svg, ...]:
    """Sentences below each other, the first with its line at y."""
    return tuple(
        text(x, y + NOTE * number, sentence, class_="b")
        for number, sentence in enumerate(sentences)
    )
