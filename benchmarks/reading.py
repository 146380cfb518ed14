"""What looking at a benchmark costs: its profile, the ceilings of the machine, siblings in a tree.

python benchmarks/reading.py [files, 1500 by default]

The target is the demo's; the tree with siblings is made: 16 backends that share 97 operations.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from whet.git.repo import find
from whet.git.store import open_store
from whet.readers.siblings import families, gaps, shared, vocabularies

TARGET = Path(__file__).parent.parent / "src" / "whet" / "demo" / "target"


def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def whet(folder: Path, *words: str) -> tuple[float, float]:
    """Seconds of the clock and of CPU of a command."""
    began, before = time.monotonic(), spent()
    command = [sys.executable, "-m", "whet", "-C", str(folder), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began, spent() - before


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def profile(folder: Path) -> None:
    target = folder / "pebble"
    subprocess.run(["cp", "-r", str(TARGET), str(target)], check=True)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "start")):
        git(target, *words)
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    for what, words in (
        ("profile and ceilings, first", ("profile", "--no-count")),
        ("profile alone", ("profile", "--no-count", "--again")),
        ("profile and bytes counted", ("profile", "--count", "--again")),
        ("profile that is kept", ("profile",)),
    ):
        wall, cpu = whet(target, *words)
        print(f"{what:30} {wall:6.1f} s   CPU {cpu:6.1f} s")


def siblings(folder: Path, files: int) -> None:
    root = folder / "tree"
    words = [f"OP_N{n}" for n in range(97)]
    made = {"include/ops.h": f"enum op {{ {', '.join(words)} }};\n"}
    for number in range(files):
        backend = number % 16
        body = "".join(
            f"int f{number}_{n}(void) {{ return can({{ {words[n % 97]}, "
            f"{words[(n + (1 if backend else 2)) % 97]} }}); }}\n"
            for n in range(60)
        )
        made[f"lib/acme-b{backend}/f{number}.c"] = body
    for path, text in made.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for commands in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "start")):
        git(root, *commands)
    repo = find(root)
    store = open_store(folder / "store.git", borrow=repo.common)
    began = time.process_time()
    paths = store.files(repo.resolve("HEAD"))
    texts = {path: (root / path).read_text() for path in paths}
    known = [one for text in texts.values() for one in vocabularies(text)]
    family = families(paths)[0]
    found = gaps(family, texts, shared(family, texts, known), "b0")
    took = time.process_time() - began
    size = sum(map(len, texts.values())) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"siblings in {files} files, {size:.0f} MB  {took:.1f} s of CPU, {peak:.0f} MB, "
          f"{len(found)} gaps")  # fmt: skip


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    with tempfile.TemporaryDirectory() as folder:
        siblings(Path(folder), files)
        profile(Path(folder))


if __name__ == "__main__":
    main()
