"""Which language a file is in, and its text with comments and literals blanked out.

Texts are bytes decoded as Latin-1, so that an offset is a byte and every byte survives a round
trip. A blanked text has the length and the lines of the original: what is found in it can be
edited in the original.
"""

import posixpath
import re
from dataclasses import dataclass
from typing import Literal

Name = Literal["c", "c++", "rust", "go", "javascript", "python"]

_SUFFIXES: dict[str, Name] = {
    ".c": "c", ".cc": "c++", ".cpp": "c++", ".cxx": "c++", ".h": "c++", ".hh": "c++",
    ".hpp": "c++", ".inl": "c++", ".rs": "rust", ".go": "go", ".js": "javascript",
    ".mjs": "javascript", ".cjs": "javascript", ".ts": "javascript", ".py": "python",
}  # fmt: skip

_LINE = r"//[^\n]*"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_DOUBLE = r'"(?:\\.|[^"\\\n])*"?'
_SINGLE = r"'(?:\\.|[^'\\\n])*'?"
# a directive goes on after a backslash, and a comment in it may hold anything
_DIRECTIVE = r"^[ \t]*#(?:\\\r?\n|/\*.*?\*/|[^\n])*"
_RAW = r'R"([^()\\\s]{0,16})\(.*?(?:\)\1"|\Z)'
_CHARACTER = r"(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])*'"

_LITERALS: dict[Name, re.Pattern[str]] = {
    "c": re.compile(
        f"{_LINE}|{_BLOCK}|{_DIRECTIVE}|{_DOUBLE}|{_CHARACTER}", re.DOTALL | re.MULTILINE
    ),
    "c++": re.compile(
        f"{_LINE}|{_BLOCK}|{_DIRECTIVE}|{_RAW}|{_DOUBLE}|{_CHARACTER}", re.DOTALL | re.MULTILINE
    ),
    "rust": re.compile(
        rf"""{_LINE}|{_BLOCK}|\bb?r(\#*)".*?(?:"\1|\Z)|b?"(?:\\.|[^"\\])*"?"""
        r"""|b?'(?:\\u\{[0-9a-fA-F]+\}|\\x..|\\.|[^'\\\n])'|\#!?\[[^\]\n]*\]""",
        re.DOTALL,
    ),
    "go": re.compile(f"{_LINE}|{_BLOCK}|`[^`]*`?|{_DOUBLE}|{_SINGLE}", re.DOTALL),
    "javascript": re.compile(
        rf"{_LINE}|{_BLOCK}|`(?:\\.|[^`\\])*`?|{_DOUBLE}|{_SINGLE}"
        # a slash where no value can end begins a pattern
        r"|(?<=[=(,:;!&|?{}\[])[ \t]*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*",
        re.DOTALL,
    ),
    "python": re.compile(
        r'\#[^\n]*|""".*?(?<!\\)(?:\\\\)*(?:"""|\Z)|' + r"'''.*?(?<!\\)(?:\\\\)*(?:'''|\Z)|"
        rf"{_DOUBLE}|{_SINGLE}",
        re.DOTALL,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file of the target: its text, and the same text with comments and literals blanked."""

    path: str
    language: Name
    text: str
    blank: str

    def line(self, offset: int) -> int:
        """The number of the line an offset is on, from 1."""
        return self.text.count("\n", 0, offset) + 1

    def before(self, offset: int) -> str:
        """What stands before an offset on its line."""
        return self.text[self.text.rfind("\n", 0, offset) + 1 : offset]

    def around(self, offset: int) -> str:
        """The line an offset is on, without space at its ends."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[start : len(self.text) if end < 0 else end].strip()


def language(path: str) -> Name | None:
    """The language of a file, by its name; None when it is not one that can be edited."""
    return _SUFFIXES.get(posixpath.splitext(path)[1].lower())


def source(path: str, data: bytes) -> Source | None:
    """A file as a source; None when it is in no known language, or holds no text."""
    name = language(path)
    if name is None or b"\0" in data:
        return None
    text = data.decode("latin-1")
    return Source(path=path, language=name, text=text, blank=_blanked(text, name))


def _blanked(text: str, name: Name) -> str:
    return _LITERALS[name].sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
