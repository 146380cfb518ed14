"""One paper, whoever speaks of it."""

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What the services tell about a paper. `doi` and `arxiv` are bare, without a version."""

    title: str
    abstract: str
    url: str
    published: str
    """ISO date, as far as it is known."""
    doi: str = ""
    arxiv: str = ""
    licence: str = ""
    retracted: bool = False
    pdf: str = ""
    whole: str = ""
    """The full text, where it was read."""

    @property
    def text(self) -> str:
        """What can be quoted."""
        return f"{self.title}\n\n{self.whole or self.abstract}"

    @property
    def key(self) -> str:
        """The name that is the same wherever the paper is met."""
        return self._keys[0]

    @property
    def same_as(self) -> tuple[str, ...]:
        """Its other names."""
        return self._keys[1:]

    @property
    def _keys(self) -> tuple[str, ...]:
        letters = re.sub(r"[^a-z0-9]+", " ", self.title.lower()).strip()
        title = f"title:{hashlib.sha256(letters.encode()).hexdigest()[:12]}"
        # a preprint's own DOI is only another way to write its number
        doi = "" if self.doi.startswith("10.48550/arxiv.") else self.doi
        number = self.arxiv or self.doi.removeprefix("10.48550/arxiv.") * (not doi)
        keys = (f"doi:{doi}" * bool(doi), f"arxiv:{number}" * bool(number), title)
        return tuple(key for key in keys if key)


def bare_doi(text: str | None) -> str:
    """`https://doi.org/10.1/X` to `10.1/x`."""
    return re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:)", "", (text or "").strip().lower())


def bare_arxiv(text: str | None) -> str:
    """`http://arxiv.org/abs/2205.14135v2` to `2205.14135`."""
    found = re.search(
        r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?$", (text or "").strip()
    )
    return found[1] if found else ""


def one_line(text: object) -> str:
    """A text of a service on one line; nothing for what is none."""
    return " ".join(text.split()) if isinstance(text, str) else ""
