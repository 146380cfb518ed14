"""What the benchmark's command and the scripts it calls say, with the line it is said on."""

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

_MOST = 12
_LARGEST = 256 * 1024
_WORD = re.compile(r"[^\s\"'`=;:,(){}<>|&]+")
_BY_TOOL = {
    "make": ("GNUmakefile", "makefile", "Makefile"),
    "gmake": ("GNUmakefile", "makefile", "Makefile"),
    "npm": ("package.json",),
    "cmake": ("CMakeLists.txt",),
    "meson": ("meson.build",),
    "cargo": ("Cargo.toml",),
}

_SCRIPTS = (".sh", ".bash", ".py", ".pl", ".rb", ".js", ".mjs", ".mk", ".cmake", ".lua", ".fish")

Show = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A text that is run: a command of whet.toml, or a file of the target."""

    label: str
    text: str
    is_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a script."""

    script: Script
    line: int
    found: re.Match[str]

    @property
    def where(self) -> str:
        """`bench.sh line 14`, or `[bench] command`."""
        if self.script.is_file:
            return f"{self.script.label} line {self.line}"
        return self.script.label


def gather(
    commands: Sequence[tuple[str, str]], files: Collection[str], show: Show
) -> tuple[Script, ...]:
    """Commands and the files of the target they name, and the files those name.

    Args:
        commands: label and text of each command, in the order they run.
        files: every file of the base commit.
        show: the bytes of one of them.
    """
    found = [Script(label=label, text=text, is_file=False) for label, text in commands if text]
    known: set[str] = set()
    at = 0
    while at < len(found) and len(found) < _MOST:
        for path in _named(found[at], files):
            if path not in known:
                known.add(path)
                data = show(path)
                if data is not None and len(data) <= _LARGEST and _is_script(path, data):
                    text = data.decode(errors="replace")
                    found.append(Script(label=path, text=text, is_file=True))
        at += 1
    return tuple(found)


def places(scripts: Sequence[Script], pattern: str) -> Iterator[Place]:
    """Every line that matches, comments left out."""
    compiled = re.compile(pattern)
    for script in scripts:
        for number, line in enumerate(script.text.split("\n"), 1):
            if line.lstrip().startswith(("#", "//")):
                continue
            for found in compiled.finditer(line):
                yield Place(script=script, line=number, found=found)


def escape(text: str) -> str:
    """A text as a pattern that matches it alone, for Python and for git alike."""
    return re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", text)


def first(scripts: Sequence[Script], pattern: str) -> Place | None:
    """The first line that matches."""
    return next(places(scripts, pattern), None)


def _is_script(path: str, data: bytes) -> bool:
    name = posixpath.basename(path)
    told = any(name in names for names in _BY_TOOL.values())
    return (told or data[:2] == b"#!" or name.endswith(_SCRIPTS)) and b"\0" not in data


def _named(script: Script, files: Collection[str]) -> Iterator[str]:
    folder = posixpath.dirname(script.label) if script.is_file else ""
    text = re.sub(r"(?m)^[ \t]*(?:#|//).*", "", script.text)
    for found in _WORD.finditer(text):
        word = found[0]
        # `$(dirname "$0")/run.sh` and `$ROOT/run.sh` begin somewhere that only a shell knows
        tail = word.lstrip("/") if word.startswith("/") else re.sub(r"^\$[^/]*/", "", word)
        for path in (tail, posixpath.join(folder, tail)):
            normal = posixpath.normpath(path)
            if normal in files:
                yield normal
        elsewhere = re.match(r"\s+-C\s*(\S+)", text[found.end() :])
        for name in _BY_TOOL.get(word, ()):
            place = posixpath.join(elsewhere[1] if elsewhere else "", name)
            if posixpath.normpath(place) in files:
                yield posixpath.normpath(place)
