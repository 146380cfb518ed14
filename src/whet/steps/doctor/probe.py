"""What one run of the benchmark looks like from outside. Runs in the jail, in the built tree.

Its text is given to the worker's `python3 -I -c`, so it imports nothing of whet and keeps to
Python 3.8. Arguments: the process to watch, and JSON with `packages`, names of Python packages in
the tree, and `seen`, the file that marked functions write to. The process waits for a line in
`$TMPDIR/go`. The answer is one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path

MARK = "whet-probe "
STEP = 0.002
MOST = 24
LARGEST = 256 * 1024 * 1024
SPILLS = re.compile(
    # push rbp; mov rbp, rsp; then the first argument goes straight to memory: nothing is optimised
    rb"\x55\x48\x89\xe5(?:\x53|\x41[\x54-\x57])*(?:\x48\x83\xec.|\x48\x81\xec....)?\x48?\x89\x7d",
    re.DOTALL,
)
FRAME = b"\x55\x48\x89\xe5"
PRODUCER = re.compile(rb"GNU (?:C|C\+\+|Fortran)\d* [0-9.]+[^\0]{0,4000}")
BUILD_ID = b"\x04\x00\x00\x00\x14\x00\x00\x00\x03\x00\x00\x00GNU\x00"
LIBRARY = re.compile(rb"(/[^\n]*\.so[.0-9]*)$", re.MULTILINE)
MODULE = re.compile(r"^# (?:code object from '|.* matches )(/[^'\n]+\.py)'?$", re.MULTILINE)


def main() -> None:
    """Let the process go, watch it to its end, and print what was seen."""
    watched, asked = int(sys.argv[1]), json.loads(sys.argv[2])
    tree = Path.cwd()
    seen = Seen(tree)
    Path(os.environ["TMPDIR"], "go").write_text("\n")
    while seen.sample(watched):
        time.sleep(STEP)
    answer = {
        "tree": str(tree),
        "programs": seen.answer(),
        "libraries": sorted(seen.libraries)[:MOST],
        "files": sorted(seen.files)[:MOST],
        "running": seen.usual(),
        "cores": seen.cores(),
        "modules": modules(tree, asked["packages"]),
        "built": [str(path.relative_to(tree)) for path in elves(tree)][:MOST],
        "same": same(tree, Path(os.environ.get("WHET_BASELINE", tree))),
        "cmake": cmake(tree),
        "marks": marks(asked["seen"]),
    }
    sys.stdout.write(MARK + json.dumps(answer) + "\n")


class Seen:
    """Every program that ran below the watched process."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.programs: dict[str, int] = {}
        self.libraries: set[str] = set()
        self.files: set[str] = set()
        self.running: list[int] = []
        self.spent: dict[str, int] = {}
        self.started = time.monotonic()

    def sample(self, watched: int) -> bool:
        """Look once; False when the watched process has ended."""
        table = processes()
        if table.get(watched, ("Z", 0))[0] == "Z":
            return False
        alive = family(table, watched)
        for pid in alive:
            self._look(pid)
        self.running.append(sum(self._running(pid) for pid in alive))
        return True

    def usual(self) -> int:
        """How many threads ran, or could have, at one moment, in a fifth of the moments or more.

        A shell that starts a program is running beside it, but not for long.
        """
        busy = sorted(count for count in self.running if count)
        return busy[max(0, int(0.8 * len(busy)) - 1)] if busy else 0

    def cores(self) -> float:
        """Cores that were busy on average, as far as the kernel tells."""
        return sum(self.spent.values()) / 1e9 / (time.monotonic() - self.started)

    def _running(self, pid: int) -> int:
        try:
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
        except OSError:
            return 0  # it has ended
        running = 0
        for task in tasks:
            try:
                state = (task / "stat").read_bytes().rpartition(b")")[2].split()[0]
                running += state == b"R"
                self.spent[task.name] = int((task / "schedstat").read_bytes().split()[0])
            except (OSError, ValueError, IndexError):
                continue  # it has ended, or the kernel keeps no such count
        return running

    def _look(self, pid: int) -> None:
        entry = Path(f"/proc/{pid}")
        try:
            program = os.readlink(entry / "exe")  # noqa: PTH115 (3.8 has no Path.readlink)
            words = (entry / "cmdline").read_bytes()[:65536].split(b"\0")
            maps = (entry / "maps").read_bytes()
            named = [word for word in words[1:12] if word.startswith(b"/")]
            found = [os.fsdecode(word) for word in named if Path(os.fsdecode(word)).is_file()]
        except OSError:
            return  # it has ended
        self.programs[program] = self.programs.get(program, 0) + 1
        self.files.update(found)
        for library in LIBRARY.finditer(maps):
            self.libraries.add(library[1].decode(errors="replace"))

    def answer(self) -> list[dict[str, object]]:
        """The programs, those seen most often first, then libraries that were built here.

        Those inside the tree come with facts.
        """
        ordered = sorted(self.programs, key=lambda program: (-self.programs[program], program))
        ours = [path for path in sorted(self.libraries) if self.tree in Path(path).parents]
        return [self._facts(program) for program in ordered[:MOST] + ours[:MOST]]

    def _facts(self, program: str) -> dict[str, object]:
        facts: dict[str, object] = {"path": program}
        if self.tree in Path(program).parents and Path(program).is_file():
            data = read(Path(program))
            named = b"blob %d\0" % len(data) + data
            facts["blob"] = hashlib.sha1(named).hexdigest()  # noqa: S324 (as git names it)
            facts["optimised"] = optimised(data)
        return facts


def processes() -> dict[int, tuple[str, int]]:
    """State and parent of every process."""
    table = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            table[int(entry.name)] = (fields[0].decode(), int(fields[1]))
        except (OSError, IndexError):
            continue
    return table


def family(table: dict[int, tuple[str, int]], watched: int) -> list[int]:
    """A process and all its descendants."""
    found: list[int] = []
    frontier = {watched}
    while frontier:
        found += sorted(frontier)
        frontier = {pid for pid, row in table.items() if row[1] in frontier}
    return found


def modules(tree: Path, packages: list[str]) -> list[str]:
    """Python files of these packages that were taken from outside the tree."""
    try:
        text = Path(os.environ["TMPDIR"], "err").read_text(errors="replace")
    except OSError:
        return []
    found = set()
    for match in MODULE.finditer(text):
        path = Path(match[1])
        names = {*(folder.name for folder in path.parents), path.stem}
        if names.intersection(packages) and tree not in path.parents:
            found.add(str(path))
    return sorted(found)[:MOST]


def marks(file: str) -> str:
    """The numbers of functions that were called, as the bits of a hexadecimal number."""
    bits = 0
    if file:
        seen = Path(file)
        for number in read(seen).split():
            bits |= 1 << int(number)
        if seen.exists():
            seen.unlink()
        for number in re.findall(rb"whet-seen (\d+)", read(Path(os.environ["TMPDIR"], "err"))):
            bits |= 1 << int(number)
    return hex(bits)


def elves(tree: Path) -> list[Path]:
    """Programs and shared libraries in a tree."""
    found = []
    for folder, names, files in os.walk(tree):
        names.sort()
        for name in sorted(files):
            path = Path(folder, name)
            try:
                with path.open("rb") as file:
                    head = file.read(18)
            except OSError:
                continue
            if head[:4] == b"\x7fELF" and head[16:18] in (b"\x02\x00", b"\x03\x00"):
                found.append(path)
    return found


def same(tree: Path, other: Path) -> bool | None:
    """Whether two builds of one commit are the same programs; None when there is none."""
    if tree == other:
        return None
    left = {path.relative_to(tree): digest(path, tree) for path in elves(tree)}
    right = {path.relative_to(other): digest(path, other) for path in elves(other)}
    return left == right if left else None


def digest(path: Path, tree: Path) -> str:
    """The contents of a program, without what names its tree or its build."""
    # paths of both trees have one length, so what names the tree can be levelled in place
    key = tree.name.encode()
    data = read(path).replace(key, b"0" * len(key))
    at = data.find(BUILD_ID)
    if at >= 0:
        start = at + len(BUILD_ID)
        data = data[:start] + bytes(20) + data[start + 20 :]
    return hashlib.sha256(data).hexdigest()


def optimised(data: bytes) -> bool | None:
    """Whether a compiler optimised a program; None when it does not show.

    Debug information names the options. Without it, on x86-64, a function that stores its first
    argument at once was compiled without optimisation.
    """
    producers = PRODUCER.findall(data)
    if producers:
        last = [re.findall(rb" -O(\S*)", producer)[-1:] for producer in producers]
        return all(level and level[0] not in (b"0", b"g") for level in last)
    if data[:4] != b"\x7fELF" or data[18:20] != b"\x3e\x00":
        return None
    return len(SPILLS.findall(data)) <= 0.2 * data.count(FRAME)


def cmake(tree: Path) -> list[list[object]]:
    """File, line and value of every CMAKE_BUILD_TYPE."""
    found: list[list[object]] = []
    for folder, names, files in os.walk(tree):
        if "CMakeCache.txt" in files:
            path = Path(folder, "CMakeCache.txt")
            for number, line in enumerate(read(path).decode(errors="replace").splitlines(), 1):
                if line.startswith("CMAKE_BUILD_TYPE:"):
                    found.append([str(path.relative_to(tree)), number, line.partition("=")[2]])
            names[:] = []
    return found[:MOST]


def read(path: Path) -> bytes:
    """At most a quarter of a gigabyte of a file; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError:
        return b""


if __name__ == "__main__":
    main()
