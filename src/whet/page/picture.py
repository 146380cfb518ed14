"""A chart that only the page has, named and described for those who do not see it."""

from whet.report.svg import Svg, element, short


def picture(key: str, name: str, about: str, width: float, height: float, *content: Svg) -> Svg:
    """A chart; `key` begins the ids inside it."""
    return element(
        "svg",
        element("title", name, id=f"{key}-t"),
        element("desc", about, id=f"{key}-d"),
        *content,
        class_="chart",
        viewBox=f"0 0 {short(width)} {short(height)}",
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
    )
