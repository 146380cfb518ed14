"""Everything readers have read, to be searched on this machine.

`documents.jsonl` is what counts; `index.sqlite` is made of it, and may be deleted at any time.
"""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from whet.model.research import Document

DOCUMENTS = "documents.jsonl"
INDEX = "index.sqlite"

_WEIGHTS: Mapping[str, float] = {"title": 3.0, "names": 2.0, "body": 1.0}
"""One table for each field: the length of a body must not drown what stands in a title."""

_K = 20.0
"""Of reciprocal rank fusion (Cormack 2009), smaller because only few results are looked at."""

_VERSION = 1
_DEEP = 200
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A document that was found, and the place that says why."""

    key: str
    reader: str
    kind: str
    title: str
    locator: str
    published: str
    excerpt: str
    score: float


@dataclass(frozen=True, slots=True)
class Library:
    """The documents of one repository, in a folder of `.whet`."""

    folder: Path

    def add(self, documents: Iterable[Document]) -> int:
        """Append documents that are new, or that say something else now."""
        known = {key: hash(text) for key, text in self._known()}
        fresh = [one for one in documents if known.get(one.key) != hash(_line(one))]
        if fresh:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / DOCUMENTS).open("a+b") as file:
                _end_line(file)
                file.write(b"".join(_line(one) + b"\n" for one in fresh))
        return len(fresh)

    def search(self, text: str, most: int = 10) -> tuple[Hit, ...]:
        """Documents that speak of these words, the best first; identifiers are looked into."""
        words = split(text)
        if not words:
            return ()
        with contextlib.closing(self._index()) as index:
            return tuple(_found(index, words, most))

    def count(self) -> int:
        """How many documents there are."""
        with contextlib.closing(self._index()) as index:
            (found,) = index.execute("SELECT count(*) FROM document").fetchone()
            return int(found)

    def _known(self) -> Iterator[tuple[str, bytes]]:
        for line in self._lines(0):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                yield json.loads(line)["key"], line

    def _lines(self, offset: int) -> Iterator[bytes]:
        path = self.folder / DOCUMENTS
        if not path.exists():
            return
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if line.endswith(b"\n"):  # a half last line is one that was never written
                    yield line[:-1]

    def _index(self) -> sqlite3.Connection:
        """The index, brought up to date; made anew where it is gone, damaged or of another time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / INDEX
        try:
            return self._updated(sqlite3.connect(path))
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            return self._updated(sqlite3.connect(path))

    def _updated(self, index: sqlite3.Connection) -> sqlite3.Connection:
        source = self.folder / DOCUMENTS
        size = source.stat().st_size if source.exists() else 0
        try:
            (version,) = index.execute("PRAGMA user_version").fetchone()
            done = 0
            if version == _VERSION:
                ((done,),) = index.execute("SELECT read FROM place").fetchall()
            if version != _VERSION or done > size:
                _begin(index)
                done = 0
            if done < size:
                self._read(index, done)
        except BaseException:
            index.close()
            raise
        return index

    def _read(self, index: sqlite3.Connection, offset: int) -> None:
        batch: list[Document] = []
        for line in self._lines(offset):
            offset += len(line) + 1
            with contextlib.suppress(ValueError, TypeError):
                fields = json.loads(line)
                batch.append(Document(**{**fields, "names": tuple(fields.get("names", ()))}))
            if len(batch) >= _BATCH:
                _insert(index, batch)
                batch = []
        _insert(index, batch)
        index.execute("UPDATE place SET read = ?", (offset,))
        index.commit()


def split(text: str) -> tuple[str, ...]:
    """Words of a text in small letters; `ggml_vecDot` is `ggml`, `vec` and `dot`."""
    parts = re.findall(r"[^\W_]+", _apart(text))
    return tuple(dict.fromkeys(part.lower() for part in parts))[:32]


def _apart(text: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)


def _line(one: Document) -> bytes:
    return json.dumps(asdict(one), ensure_ascii=False, sort_keys=True).encode(errors="replace")


def _end_line(file: BinaryIO) -> None:
    """Cut what a killed process left of its last line."""
    end = file.seek(0, 2)
    back = min(end, 1 << 22)
    file.seek(end - back)
    tail = file.read(back)
    if tail and not tail.endswith(b"\n"):
        file.truncate(end - back + tail.rfind(b"\n") + 1)


def _begin(index: sqlite3.Connection) -> None:
    fields = "".join(
        f"DROP TABLE IF EXISTS {field};"
        f"CREATE VIRTUAL TABLE {field} USING fts5(text, tokenize='porter unicode61');"
        for field in _WEIGHTS
    )
    index.executescript(
        "DROP TABLE IF EXISTS document; DROP TABLE IF EXISTS place;"
        "CREATE TABLE document(id INTEGER PRIMARY KEY, key TEXT UNIQUE, reader TEXT, kind TEXT,"
        " title TEXT, locator TEXT, published TEXT);"
        "CREATE TABLE place(read INTEGER); INSERT INTO place VALUES (0);"
    )
    index.executescript(fields)
    index.execute(f"PRAGMA user_version = {_VERSION}")


def _insert(index: sqlite3.Connection, documents: Sequence[Document]) -> None:
    for one in documents:
        old = index.execute("SELECT id FROM document WHERE key = ?", (one.key,)).fetchone()
        if old is not None:
            index.execute("DELETE FROM document WHERE id = ?", old)
            for field in _WEIGHTS:
                index.execute(f"DELETE FROM {field} WHERE rowid = ?", old)  # noqa: S608 (our names)
        values = (one.key, one.reader, one.kind, one.title, one.locator, one.published)
        row = index.execute(
            "INSERT INTO document(key, reader, kind, title, locator, published)"
            " VALUES (?, ?, ?, ?, ?, ?)", values,
        ).lastrowid  # fmt: skip
        texts = {"title": one.title, "names": " ".join(one.names), "body": one.text}
        for field, text in texts.items():
            plain = f"{text} {_apart(text)}" if field != "body" else _apart(text)
            index.execute(
                f"INSERT INTO {field}(rowid, text) VALUES (?, ?)",  # noqa: S608 (our names)
                (row, plain.encode(errors="replace").decode()),
            )


def _found(index: sqlite3.Connection, words: Sequence[str], most: int) -> Iterator[Hit]:
    wanted = " OR ".join(f'"{word}"' for word in words)
    scores: dict[int, float] = {}
    for field, weight in _WEIGHTS.items():
        rows = index.execute(
            f"SELECT rowid FROM {field} WHERE {field} MATCH ? ORDER BY rank LIMIT ?",  # noqa: S608
            (wanted, _DEEP),
        )
        for place, (row,) in enumerate(rows):
            scores[row] = scores.get(row, 0.0) + weight / (_K + place)
    best = sorted(scores, key=lambda row: (-scores[row], row))[:most]
    for row in best:
        fields = index.execute(
            "SELECT key, reader, kind, title, locator, published FROM document WHERE id = ?", (row,)
        ).fetchone()
        told = index.execute(
            "SELECT snippet(body, 0, '', '', ' … ', 24) FROM body WHERE body MATCH ? AND rowid = ?",
            (wanted, row),
        ).fetchone()
        key, reader, kind, title, locator, published = fields
        yield Hit(
            key=key, reader=reader, kind=kind, title=title, locator=locator, published=published,
            excerpt=" ".join(told[0].split()) if told else "", score=round(scores[row], 4),
        )  # fmt: skip
