"""arXiv's Atom interface: https://info.arxiv.org/help/api/user-manual.html."""

from xml.etree import ElementTree as ET

from whet.readers.answers import Unread
from whet.readers.door import Door
from whet.readers.paper import Paper, bare_arxiv, bare_doi, one_line
from whet.readers.quoting import words_of

_ATOM = "{http://www.w3.org/2005/Atom}"
_OWN = "{http://arxiv.org/schemas/atom}"
_RESULTS = 25


def search(door: Door, query: str, as_of: str) -> tuple[Paper, ...]:
    """Papers whose title or abstract has the words of a query.

    Raises:
        Unread: there is no answer, or it is no Atom feed.
    """
    # "all:" would find authors of that name
    terms = " AND ".join(f"(ti:{word} OR abs:{word})" for word in words_of([query])[:5])
    if as_of:
        terms += f" AND submittedDate:[199101010000 TO {as_of.replace('-', '')}2359]"
    wanted: dict[str, str | int] = {
        "search_query": terms, "max_results": _RESULTS, "sortBy": "relevance",
    }  # fmt: skip
    answer = door.get("arxiv", "/api/query", wanted, accept="application/atom+xml")
    return parse(answer.body, door.services["arxiv"].url)


def parse(body: bytes, url: str = "https://export.arxiv.org") -> tuple[Paper, ...]:
    """The papers of a feed.

    Raises:
        Unread: it is no Atom feed.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Unread("arXiv sent XML with definitions of its own, which no feed needs")
    try:
        feed = ET.fromstring(body)  # noqa: S314  (without definitions there is nothing to expand)
    except ET.ParseError:
        raise Unread("arXiv sent something that is no Atom feed") from None
    if feed.tag != f"{_ATOM}feed":
        raise Unread("arXiv sent something that is no Atom feed")
    return tuple(paper for entry in feed.iter(f"{_ATOM}entry") if (paper := _paper(entry, url)))


def _paper(entry: ET.Element, url: str) -> Paper | None:
    number = bare_arxiv(_text(entry, f"{_ATOM}id"))
    title = _text(entry, f"{_ATOM}title")
    if not number or not title:
        return None  # an error is an entry too
    return Paper(
        title=title,
        abstract=_text(entry, f"{_ATOM}summary"),
        url=f"https://arxiv.org/abs/{number}",
        published=_text(entry, f"{_ATOM}published")[:10],
        doi=bare_doi(_text(entry, f"{_OWN}doi")),
        arxiv=number,
        licence="CC0-1.0",  # of what describes a paper; the paper itself has its own
        pdf=f"{url}/pdf/{number}",
    )


def _text(entry: ET.Element, tag: str) -> str:
    return one_line(entry.findtext(tag))
