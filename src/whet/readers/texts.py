"""Files of other people as plain text. What cannot be read is one sentence, never a crash."""

import sys
from html.parser import HTMLParser
from pathlib import Path

from whet import proc, sandbox
from whet.readers.answers import Unread

KINDS = (".pdf", ".md", ".markdown", ".txt", ".rst", ".html", ".htm", ".tex", ".org", ".adoc")
LONGEST = 2_000_000
"""Characters of one document; the rest is left out, and said to be."""

_LARGEST = 64 << 20
_SECONDS = 60.0
_SILENT = {"script", "style", "head", "nav", "footer", "noscript", "template", "svg"}
_BLOCKS = {"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "br", "section",
           "article", "table", "blockquote", "dd", "dt"}  # fmt: skip


def of_file(path: Path) -> str:
    """The text of a file by what its name ends with.

    Raises:
        Unread: it cannot be read, or is none of the `KINDS`.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise Unread(f"{path.name} is larger than {_LARGEST >> 20} MB")
        data = path.read_bytes()
    except OSError as error:
        raise Unread(f"{path.name} cannot be read: {error.strerror}") from error
    if path.suffix.lower() == ".pdf":
        return of_pdf(data, path.name)
    text = data.decode("utf-8", errors="replace")
    if text.count("\0") > len(text) // 100:
        raise Unread(f"{path.name} is no text")
    return of_html(text) if path.suffix.lower() in (".html", ".htm") else text[:LONGEST]


def of_html(text: str) -> str:
    """What a browser would show of a page, without its scripts and menus."""
    page = _Page()
    page.feed(text[: 4 * LONGEST])
    page.close()
    lines = (" ".join(line.split()) for line in "".join(page.pieces).splitlines())
    blocks = "\n".join(lines)
    while "\n\n\n" in blocks:
        blocks = blocks.replace("\n\n\n", "\n\n")
    return blocks.strip()[:LONGEST]


def of_pdf(data: bytes, name: str) -> str:
    """The text of a PDF, page by page.

    It is read by another process, in the jail where there is one, with limits on time and memory:
    a PDF is a program that somebody else wrote.

    Raises:
        Unread: it has no text, is locked, is damaged, or takes too long.
    """
    needed = (Path(sys.prefix), Path(__file__).parents[2])  # Python's and ours, wherever they lie
    jail = sandbox.Jail(kind=sandbox.detect(), writable=(), read_only=needed)
    code = ("from whet.readers.pdf import main; main()",)
    argv = sandbox.wrap(jail, [sys.executable, "-P", "-c", *code])
    done = proc.run(argv, stdin=data, timeout=_SECONDS)
    if not done.ok:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        why = told[-1][:120] if told else done.how
        raise Unread(f"{name} cannot be read: {why}")
    text = done.stdout.decode(errors="replace")[:LONGEST]
    if not text.strip():
        raise Unread(f"{name} has no text in it, only pictures")
    return text


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)
