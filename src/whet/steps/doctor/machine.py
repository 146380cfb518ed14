"""What machine this is, and what on it disturbs a measurement."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from whet import sandbox
from whet.model.trial import Fingerprint
from whet.report import figures
from whet.steps.doctor.visit import Visit

_STEAL = 0.02
_BUSY = 0.1
"""Share of a core from which another process is named."""

_SEE = "see what else runs: `top`"
_INSTALL = "`apt install bubblewrap`, or `dnf install bubblewrap`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Counters of the whole machine, in ticks where they are times.

    `others` are the ticks of every process that is not of this one's family, by number and name.
    """

    total: int
    steal: int
    throttled: int
    load: float
    others: Mapping[tuple[int, str], int]


def moment(root: Path = Path("/")) -> Moment:
    """Read the counters; what the kernel does not tell is 0."""
    cpu = _words(root / "proc/stat")[1:9]
    ticks = [int(word) for word in cpu if word.isdecimal()]
    load = _words(root / "proc/loadavg")
    return Moment(
        total=sum(ticks),
        steal=ticks[7] if len(ticks) > 7 else 0,
        throttled=sum(
            int(_text(path) or 0)
            for path in (root / "sys/devices/system/cpu").glob(
                "cpu[0-9]*/thermal_throttle/core_throttle_count"
            )
        ),
        load=float(load[0]) if load else 0.0,
        others=dict(_others(root / "proc")),
    )


def look(
    visit: Visit, before: Moment, after: Moment, worker: Fingerprint | None, root: Path = Path("/")
) -> None:
    """Tell what the machine is and what happened on it between two moments of measuring."""
    cores = worker.cores if worker is not None else os.cpu_count() or 1
    cpu = f", {worker.cpu}" if worker is not None and worker.cpu else ""
    memory = _memory(root)
    shown = f", {memory / 2**30:.3g} GB memory" if memory else ""
    visit.tell("Machine", "ok", f"{figures.plural(cores, 'core')}{cpu}{shown}")
    for text, hint in (*_settings(root), *_happened(before, after, cores)):
        visit.tell("Machine", "warning", text, hint=hint)
    _jail(visit)


def _settings(root: Path) -> Iterator[tuple[str, str]]:
    governor = _text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor and governor != "performance":
        yield (
            f"CPU governor is `{governor}`; expect more noise",
            "sudo cpupower frequency-set -g performance",
        )
    for supply in sorted((root / "sys/class/power_supply").glob("*")):
        if _text(supply / "type") == "Battery" and _text(supply / "status") == "Discharging":
            yield "runs on battery; expect the clock to change", "plug it in"
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        heat = _text(zone / "temp")
        if heat.isdecimal() and int(heat) >= 95_000:
            yield f"{_text(zone / 'type')} is at {int(heat) // 1000} C", "let it cool down"


def _happened(before: Moment, after: Moment, cores: int) -> Iterator[tuple[str, str]]:
    passed = after.total - before.total
    if passed > 0 and (after.steal - before.steal) / passed > _STEAL:
        share = (after.steal - before.steal) / passed
        yield (
            f"{100 * share:.0f}% of CPU time was taken by other virtual machines (steal)",
            "use a host of its own, or come back when it is quieter",
        )
    if after.throttled > before.throttled:
        yield "the CPU was slowed down by heat while measuring", "cool it, or limit its clock"
    busy = _busy(before, after, cores)
    if busy:
        yield (
            f"other processes were busy while measuring: {', '.join(busy)}",
            "see what they are: `top`",
        )
    elif before.load > max(0.5, 0.25 * cores):
        yield (
            f"load was {before.load:.1f} on {cores} cores before the start",
            "see what runs: `top`",
        )


def _busy(before: Moment, after: Moment, cores: int) -> list[str]:
    """The three busiest processes, each with the number of cores it used."""
    passed = after.total - before.total
    used = {
        key: (ticks - before.others[key]) * cores / passed
        for key, ticks in after.others.items()
        if key in before.others and passed > 0
    }
    top = sorted(used, key=lambda key: -used[key])[:3]
    return [f"{name} ({used[pid, name]:.1f} cores)" for pid, name in top if used[pid, name] > _BUSY]


def _jail(visit: Visit) -> None:
    wanted = visit.config.integrity.sandbox
    if wanted == "none":
        visit.tell("Machine", "warning", "the sandbox is off: a change can touch anything you can",
                   hint="whet config set integrity.sandbox auto")  # fmt: skip
    elif sandbox.detect() == "bubblewrap":
        network = "with network" if visit.config.integrity.network == "on" else "no network"
        visit.tell("Machine", "ok", f"sandbox: bubblewrap, {network}")
    else:
        visit.tell(
            "Machine",
            "error" if wanted == "bubblewrap" else "warning",
            "no sandbox: bubblewrap is not installed, or not allowed to make namespaces",
            hint=_INSTALL,
        )


def _others(proc: Path) -> Iterator[tuple[tuple[int, str], int]]:
    table = {}
    for entry in proc.glob("[0-9]*"):
        head, _, tail = _text(entry / "stat").rpartition(")")
        fields = tail.split()
        if len(fields) > 12:
            name = head.partition("(")[2]
            table[int(entry.name)] = (int(fields[1]), name, int(fields[11]) + int(fields[12]))
    ours = _line(table, os.getpid())
    for pid, (parent, name, ticks) in table.items():
        if pid not in ours and parent not in ours and parent != 2:
            yield (pid, name), ticks


def _line(table: Mapping[int, tuple[int, str, int]], pid: int) -> frozenset[int]:
    """This process and its descendants."""
    found = {pid}
    for _ in table:
        more = {child for child, row in table.items() if row[0] in found} - found
        if not more:
            break
        found |= more
    return frozenset(found)


def _memory(root: Path) -> int:
    """Bytes of memory that the machine has."""
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _words(path: Path) -> list[str]:
    return _text(path).split()
