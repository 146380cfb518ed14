"""What bounds a program: its traffic and arithmetic beside what the machine can do.

The roofline of Williams, Waterman and Patterson (2009), with time as CPU time and without hardware
counters. `unknown` is an answer: nothing is guessed from a number that is missing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from whet.model.profile import Limit, LimitKind
from whet.model.roof import Roof
from whet.model.sampling import Ceilings, Level

LINE = 64
"""Bytes that a miss moves."""
NEAR = 0.7
"""Share of a ceiling from which that ceiling is what bounds a program."""
FAR = 0.3
"""Share of a ceiling below which it is not. Between the two nobody knows."""
WAITING = (0.5, 1.5)
"""Share of the time that misses would take one after the other, when they do."""
FULL = 0.9
"""Share of a ceiling from which a program is at it, whatever else it might wait for."""
FASTER = 1.15
"""How much faster code is from a cache at least, if it waits for memory."""
BUSY = 1.0
"""Instructions a cycle from which a core is at work, not waiting."""
WIDER = 4.0
"""How many more narrow operations than 32-bit ones a processor does at once."""
_NEITHER = "neither ceiling is near"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a program does in a CPU second, as somebody says: 0 for what nobody says.

    `size` are the bytes it goes over again and again, which decide on the cache that holds them.
    """

    moved: float = 0.0
    operations: float = 0.0
    size: float = 0.0
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """The same program on less data: bytes it moves in a CPU second, and goes over again."""

    moved: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What was counted in some CPU seconds of a program or a function."""

    seconds: float
    instructions: int
    near: int
    far: int
    threads: int = 1


def bandwidth(ceilings: Ceilings, size: float, threads: int = 1) -> float:
    """Bytes a second that each of some threads can read of a buffer of a size.

    Between measured sizes it is interpolated, on logarithmic scales.
    """
    alone = _between(ceilings.levels, size)
    memory = ceilings.levels[-1]
    if threads <= 1 or size < memory.size / 2:
        return alone  # whoever shares a cache is not known, and a share is at most all of it
    return min(alone, ceilings.together / min(threads, ceilings.threads))


def _between(levels: Sequence[Level], size: float) -> float:
    if size <= levels[0].size:
        return levels[0].bandwidth
    for low, high in pairwise(levels):
        if size <= high.size:
            part = math.log(size / low.size) / math.log(high.size / low.size)
            return low.bandwidth * math.exp(part * math.log(high.bandwidth / low.bandwidth))
    return levels[-1].bandwidth


def in_memory(ceilings: Ceilings, size: float) -> bool:
    """Whether the caches cannot hold a buffer of a size."""
    largest = ceilings.caches[-1] if ceilings.caches else ceilings.levels[-1].size / 4
    return size > largest


def of_work(ceilings: Ceilings, work: Work) -> Limit:
    """What bounds a program, from what somebody says it does."""
    missing = ceilings.problem
    if missing or not ceilings.levels:
        return Limit(kind="unknown", why=(missing or "the machine's ceilings were not measured",))
    if not work.moved and not work.operations:
        said = "nobody says how many bytes it moves, and they were not counted"
        return Limit(kind="unknown", why=(said,))
    size = work.size or ceilings.levels[-1].size
    ceiling = bandwidth(ceilings, size, work.threads)
    moves, computes = work.moved / ceiling, work.operations / ceilings.vector
    where: LimitKind = "bandwidth" if in_memory(ceilings, size) else "cache"
    place = "memory" if where == "bandwidth" else f"a cache, {_bytes(size)}"
    why = []
    if work.moved:
        why.append(f"moves {_rate(work.moved)} of the {_rate(ceiling)} that a core reads "
                   f"from {place}: {_share(moves)}")  # fmt: skip
    if work.operations:
        why.append(f"computes {work.operations / 1e9:.3g} of {ceilings.vector / 1e9:.3g} "
                   f"GFLOP/s: {_share(computes)}")  # fmt: skip
    kind: LimitKind = "unknown"
    used = max(moves, computes)
    if moves >= NEAR and moves >= computes:
        kind, used = where, moves
    elif moves < NEAR <= computes or (computes >= FAR and moves < FAR / 3):
        kind, used = "compute", computes
    else:
        why.append(_NEITHER)
    roof = None
    if work.moved and work.operations and ceilings.vector:
        roof = Roof(work=work.operations, moved=work.moved, compute=ceilings.vector,
                    bandwidth=ceiling)  # fmt: skip
    return Limit(kind=kind, used=used, why=tuple(why), basis="declared", roof=roof)


def witnessed(ceilings: Ceilings, limit: Limit, moved: float, small: Small) -> Limit:
    """What bounds a program, once it is known how fast the same code is from a cache.

    Code that is as fast there waits for its own instructions, whatever share of the ceiling of
    memory it reaches. At that ceiling nothing changes: nobody moves more.
    """
    if not moved or not small.moved or limit.kind not in ("bandwidth", "unknown"):
        return limit
    if in_memory(ceilings, small.size):
        said = f"no cache holds the {_bytes(small.size)} of `cached_command`"
        return replace(limit, why=(*limit.why, said))
    faster = small.moved / moved
    said = f"the same code moves {_rate(small.moved)} from a cache"
    if faster >= FASTER or limit.used >= FULL:
        return replace(limit, why=(*limit.why, f"{said}, {faster:.3g} times as much"))
    why = tuple(one for one in limit.why if one != _NEITHER)
    return Limit(kind="compute", why=(*why, f"{said}, so it does not wait for memory"),
                 basis="declared", roof=limit.roof)  # fmt: skip


def of_traffic(ceilings: Ceilings, traffic: Traffic) -> Limit:
    """What bounds a program or a function, from what a simulator counted in it."""
    if ceilings.problem or not ceilings.levels:
        missing = ceilings.problem or "the machine's ceilings were not measured"
        return Limit(kind="unknown", why=(missing,))
    if traffic.seconds <= 0 or not traffic.instructions:
        return Limit(kind="unknown", why=("too little of it ran to count",))
    memory = ceilings.levels[-1]
    moved = LINE * traffic.far / traffic.seconds
    memory_share = moved / bandwidth(ceilings, memory.size, traffic.threads)
    waits = traffic.far * memory.latency / traffic.seconds
    cache = LINE * (traffic.near - traffic.far) / traffic.seconds / _cache(ceilings).bandwidth
    busy = traffic.instructions / (traffic.seconds * ceilings.clock)
    told = (
        f"moves {_rate(moved)} from memory, {_share(memory_share)} of what a core can, "
        f"and {_share(cache)} of what it can from the last cache"
    )
    why = (told, f"{busy:.2g} instructions a cycle")
    kind, used = _counted(memory_share, waits, cache, busy)
    roof = None
    if moved and ceilings.clock:
        roof = Roof(
            work=traffic.instructions / traffic.seconds, moved=moved, compute=ceilings.clock,
            bandwidth=bandwidth(ceilings, memory.size, traffic.threads), counted=True,
        )  # fmt: skip
    return Limit(kind=kind, used=used, why=why, basis="counted", roof=roof)


def _counted(memory: float, waits: float, cache: float, busy: float) -> tuple[LimitKind, float]:
    """The ceiling that is near; where none is, busy cores compute, and of others nobody knows."""
    if memory >= NEAR:
        return "bandwidth", min(1.0, memory)
    if WAITING[0] <= waits <= WAITING[1] and memory < FAR and busy < BUSY:
        return "latency", min(1.0, waits)
    if cache >= NEAR and memory < FAR:
        return "cache", min(1.0, cache)
    if memory < FAR and cache < FAR and busy >= BUSY:
        return "compute", 0.0
    return "unknown", max(memory, cache)


def _cache(ceilings: Ceilings) -> Level:
    """What stands for the last cache: the largest buffer that fits well into it."""
    largest = ceilings.caches[-1] if ceilings.caches else ceilings.levels[-1].size / 4
    held = [level for level in ceilings.levels if level.size <= largest / 2]
    return held[-1] if held else ceilings.levels[0]


def impossible(ceilings: Ceilings, work: Work, margin: float = 1.25) -> tuple[str, ...]:
    """Why a program cannot do what it says, in sentences; nothing where it can.

    `work` is that of all threads together in a second of the clock. The ceilings are those of the
    whole machine, with a margin for what was measured on a busy day.
    """
    if ceilings.problem or not ceilings.levels:
        return ()
    found = []
    most = margin * best_rate(ceilings, work.size)
    if work.moved > most:
        found.append(f"{_rate(work.moved)} is more than the {_rate(most / margin)} "
                     "that this machine can read")  # fmt: skip
    operations = margin * WIDER * ceilings.vector * max(1, ceilings.threads)
    if work.operations > operations:
        found.append(f"{work.operations / 1e9:.3g} GFLOP/s is more than the "
                     f"{operations / margin / 1e9:.3g} that this machine can do")  # fmt: skip
    return tuple(found)


def best_rate(ceilings: Ceilings, size: float) -> float:
    """Bytes a second that all cores together can read of buffers of a size."""
    each = _between(ceilings.levels, size) if size else ceilings.levels[0].bandwidth
    alone = each * max(1, ceilings.threads)
    return min(alone, max(ceilings.together, each)) if _memory_sized(ceilings, size) else alone


def _memory_sized(ceilings: Ceilings, size: float) -> bool:
    return size >= ceilings.levels[-1].size / 2


def _rate(number: float) -> str:
    return f"{number / 1e9:.3g} GB/s"


def _share(number: float) -> str:
    return f"{100 * number:.0f}%" if number >= 0.005 else "0%"


def _bytes(number: float) -> str:
    return f"{number / 1e6:.3g} MB" if number >= 1e6 else f"{number / 1e3:.3g} kB"
