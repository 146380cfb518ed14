"""What this machine can do at most, measured once by a small C program and then remembered."""

import hashlib
import json
import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from whet import whole
from whet.model.sampling import Ceilings, Level
from whet.trial import wire
from whet.trial.shell import Shell

NO_COMPILER = (
    "no C compiler, so the ceilings of this machine are not known: `apt install gcc`, or set `CC`"
)
_LADDER = (16 << 10, 512 << 10, 4 << 20, 16 << 20, 64 << 20)
_LEAST_MEMORY = 256 << 20
_LARGEST = 2 << 30
_LEAST_EACH = 32 << 20
"""What each of many threads reads at least, so that their caches do not hold it."""

_TIMEOUT = 120.0
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

_BUILD = (
    "cc=${CC:-cc}; command -v $cc >/dev/null || exit 127\n"
    "flags='-O3 -fno-tree-vectorize -pthread'\n"
    "$cc $flags -march=native -o roof roof.c || $cc $flags -mcpu=native -o roof roof.c"
    " || $cc $flags -o roof roof.c"
)


def ceilings(shell: Shell, folder: Path, key: str) -> Ceilings:
    """The ceilings of this machine: measured now, or when it was the same.

    Args:
        shell: where the program is built and run; its cores are the ones that are measured.
        folder: where measurements are remembered.
        key: differs when the machine does.
    """
    source = resources.files("whet.trial.sampling").joinpath("roof.c").read_bytes()
    cores = len(shell.cpus or os.sched_getaffinity(0))
    digest = hashlib.sha256(source + f"\0{key}\0{cores}".encode()).hexdigest()[:16]
    kept = folder / f"{digest}.json"
    try:
        return wire.decode(Ceilings, kept.read_bytes())
    except (OSError, wire.WireError):
        pass  # never measured, or by another version
    found = _measured(shell, source, cores)
    if not found.problem:
        whole.write(kept, wire.encode(_remembered(found)))
    return found


def _remembered(found: Ceilings) -> Ceilings:
    values = json.loads(wire.encode(found)) | {"seconds": 0.0}
    return wire.decode(Ceilings, json.dumps(values))


def _measured(shell: Shell, source: bytes, cores: int) -> Ceilings:
    tree = shell.work / "roof"
    tree.mkdir(exist_ok=True)
    (tree / "roof.c").write_bytes(source)
    built = shell.run(_BUILD, tree, timeout=_TIMEOUT)
    if built.code == 127:
        return Ceilings(problem=NO_COMPILER)
    if not built.ok:
        why = built.tail(1) or built.how
        return Ceilings(problem=f"the program that measures the ceilings does not build: {why}")
    caches = tuple(_caches(Path("/sys/devices/system/cpu/cpu0/cache")))
    sizes = _sizes(caches, _memory(Path("/proc/meminfo")))
    each = max(sizes[-1] // cores, min(_LEAST_EACH, sizes[-1])) // 4096 * 4096
    words = " ".join(map(str, (cores, each, *sizes)))
    done = shell.run(f"./roof {words}", tree, timeout=_TIMEOUT)
    if not done.ok:
        return Ceilings(problem=f"measuring the ceilings of this machine {done.how}")
    return read(done.text, caches, built.wall + done.wall)


def read(text: str, caches: tuple[int, ...], seconds: float) -> Ceilings:
    """What `roof.c` printed; its head says what the words mean."""
    single: dict[str, float] = {}
    reads: dict[int, float] = {}
    waits: dict[int, float] = {}
    together, threads = 0.0, 1
    for line in text.splitlines():
        match line.split():
            case ["clock" | "scalar" | "vector" as what, value]:
                single[what] = float(value)
            case ["read", size, value]:
                reads[int(size)] = float(value)
            case ["chase", size, value]:
                waits[int(size)] = float(value)
            case ["all", _, number, value]:
                together, threads = float(value), int(number)
    levels = tuple(
        Level(size=size, bandwidth=reads[size], latency=waits[size])
        for size in sorted(reads.keys() & waits.keys())
    )
    if not levels or len(single) < 3:
        return Ceilings(problem="the program that measures the ceilings printed nothing of use")
    return Ceilings(
        clock=single["clock"],
        scalar=single["scalar"],
        vector=single["vector"],
        levels=levels,
        together=together or levels[-1].bandwidth,
        threads=threads,
        caches=caches,
        seconds=seconds,
    )


def _sizes(caches: tuple[int, ...], memory: int) -> tuple[int, ...]:
    """Buffers to read: up to one that no cache holds, as far as there is room for it."""
    wanted = max(_LEAST_MEMORY, 4 * max(caches, default=0))
    largest = min(wanted, _LARGEST, memory // 4 if memory else wanted)
    return (*(size for size in _LADDER if 2 * size <= largest), largest // 4096 * 4096)


def _caches(folder: Path) -> Iterator[int]:
    """Sizes of the data caches of a core, the nearest first, as far as the kernel tells."""
    for entry in sorted(folder.glob("index*")):
        try:
            kind = (entry / "type").read_text().strip()
            size = (entry / "size").read_text().strip()
        except OSError:
            continue
        if kind != "Instruction" and size[:-1].isdecimal():
            yield int(size[:-1]) * _UNITS.get(size[-1], 1)


def _memory(path: Path) -> int:
    """Bytes of memory that are free, 0 where nobody says."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    free = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), "0")
    return int(free) * 1024
