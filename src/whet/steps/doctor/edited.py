"""The sources that may change, and commits in which some of them are edited."""

import posixpath
import random
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.git.store import Store
from whet.steps.doctor.functions import Function, functions
from whet.steps.doctor.language import Source, language, source
from whet.steps.doctor.visit import Visit

_MOST_BYTES = 8 * 1024 * 1024
_ASIDE = re.compile(
    r"(?:^|[/_.-])(?:bench\w*|tests?|testing|specs?|examples?|demos?|docs?|third[_-]?party|vendor"
    r"|node_modules|setup\.py|conftest)(?=[/_.-]|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A source file and the functions in it that are to be edited."""

    source: Source
    functions: tuple[Function, ...]


def changeable(visit: Visit, running: Sequence[str]) -> tuple[Part, ...]:
    """Sources a candidate may change, with their functions.

    The benchmark and the tests are left out even where they may be changed: a delay in the
    benchmark itself would show in every program it runs. `running` are scripts it consists of.
    Of a very large project it is a sample.
    """
    store, base, scope = visit.lab.store, visit.lab.base, visit.config.scope
    allowed = store.matching(base, scope.allow) - store.matching(base, scope.protect)
    known = [path for path in sorted(allowed - set(running)) if language(path) is not None]
    core = [path for path in known if not _ASIDE.search(path)]
    chosen = core or known
    random.Random(f"{visit.config.measure.seed}:sources").shuffle(chosen)  # noqa: S311
    parts, size = [], 0
    for path, data in _contents(store, base, chosen):
        size += len(data)
        found = source(path, data) if size <= _MOST_BYTES else None
        inside = functions(found) if found is not None else ()
        if found is not None and inside:
            parts.append(Part(source=found, functions=inside))
    return tuple(sorted(parts, key=lambda part: part.source.path))


def commit(store: Store, base: str, files: Mapping[str, bytes]) -> str:
    """A commit in which some files of the base are others; modes stay."""
    with tempfile.TemporaryDirectory(prefix="whet-index-") as folder:
        index = Path(folder) / "index"
        store.git("read-tree", base, index=index)
        entries = store.git("ls-files", "--stage", "-z", index=index).decode(
            errors="surrogateescape"
        )
        modes = {
            path: meta.split()[0]
            for meta, _, path in (entry.partition("\t") for entry in entries.split("\0") if entry)
        }
        lines = []
        for path, data in files.items():
            blob = store.git("hash-object", "-w", "--stdin", stdin=data).decode().strip()
            lines.append(f"{modes[path]} {blob}\t{path}\0")
        orders = "".join(lines).encode(errors="surrogateescape")
        store.git("update-index", "-z", "--index-info", index=index, stdin=orders)
        tree = store.git("write-tree", index=index).decode().strip()
    return store.commit(tree, "doctor\n", (base,))


def blamed(log: str, path: str) -> bool:
    """Whether a compiler complains of a file: `src/work.c:12:5: error`."""
    name = re.escape(path.rpartition("/")[2])
    return re.search(rf"(?:^|[\s/\"'(]){name}(?:[:(]|\", line )\d+", log, re.MULTILINE) is not None


def named(parts: Sequence[Part], most: int = 2) -> str:
    """`work in src/work.c`, or how many functions of how many files."""
    count = sum(len(part.functions) for part in parts)
    if count <= most:
        return " and ".join(
            f"{function.name} in {part.source.path}"
            for part in parts
            for function in part.functions
        )
    if len(parts) == 1:
        return f"{count} functions of {parts[0].source.path}"
    folder = posixpath.commonpath([posixpath.dirname(part.source.path) or "." for part in parts])
    where = f" in {folder}" if folder not in ("", ".") else ""
    return f"{count} functions of {len(parts)} files{where}"


def _contents(store: Store, base: str, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """All the files in one go: a process for each would take longer than a build."""
    asked = "".join(f"{base}:{path}\n" for path in paths if "\n" not in path)
    data = store.git("cat-file", "--batch", stdin=asked.encode(errors="surrogateescape"))
    at = 0
    for path in paths:
        if "\n" not in path:
            end = data.index(b"\n", at)
            kind, size = data[at:end].rsplit(b" ", 2)[1:]
            at = end + 1 + int(size)
            if kind == b"blob":
                yield path, data[end + 1 : at]
            at += 1
