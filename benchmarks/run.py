"""Run every benchmark here and write RESULTS.md.

python benchmarks/run.py [--quick] [SCRIPT...]      quick: few candidates and rounds, for a look

With scripts, such as `page.py`, only these are run; what the others printed stays in the page.

Every script runs in a process of its own, one after the other; what it prints stands in the page,
and the table at its top is read from that. The page names the machine but not the host.
"""

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.trial.fingerprint import fingerprint
from whet.version import version

HERE = Path(__file__).parent
PAGE = HERE / "RESULTS.md"

SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "startup.py": ("5",),
    "experiment.py": ("12",),
    "trial_overhead.py": ("4",),
    "ledger.py": ("20000",),
    "page.py": ("--quick",),
    "forks.py": ("200",),
    "research.py": ("2000",),
    "judge.py": ("500",),
    "campaigns.py": ("20",),
    "reading.py": ("600",),
    "agents.py": ("3",),
    "fleet.py": ("16",),
}
"""Scripts in order, with the arguments of a quick run; without them each decides for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: the largest number that a pattern finds in a script's output.

    Two more groups in the pattern are the milliseconds beyond a bare interpreter, and the ratio to
    it. The goal is a limit that the value must stay below, or reach where `least` is set.
    """

    what: str
    script: str
    pattern: str
    unit: str
    goal: float | None = None
    least: bool = False


ROWS = (
    Row(
        what="`whet --help`", script="startup.py", unit="ms", goal=250,
        pattern=r"^whet --help\s+(\d+) ms.*over bare\s+(\d+) ms   ratio\s+([\d.]+)",
    ),
    Row(
        what="`whet status`, 1,000 experiments", script="startup.py", unit="ms", goal=400,
        pattern=r"^whet status.*?(\d+) ms   least.*over bare\s+(\d+) ms   ratio\s+([\d.]+)",
    ),
    Row(
        what="completing `whet why E9`, 1,000 experiments", script="startup.py", unit="ms",
        pattern=r"^completing.*?(\d+) ms   least.*over bare\s+(\d+) ms   ratio\s+([\d.]+)",
        goal=150,
    ),
    Row(
        what="whet's own time for an experiment, trial included (or 2 % of it)",
        script="experiment.py",
        pattern=r"^per experiment, real trials\s+(\d+) ms", unit="ms", goal=300,
    ),
    Row(
        what="of this in the driver: git, agent's tree, ledger, judge", script="experiment.py",
        pattern=r"^per experiment, simulated trials\s+(\d+) ms", unit="ms",
    ),
    Row(
        what="a trial's own time, 20 files, no jail", script="trial_overhead.py",
        pattern=r"^\s*20 files, none\s+median\s+(\d+) ms", unit="ms",
    ),
    Row(
        what="memory of the driver, 192 experiments", script="experiment.py",
        pattern=r"^driver after.*?(\d+) MB", unit="MB", goal=200,
    ),
    Row(
        what="read and check 100,000 events", script="ledger.py", unit="s",
        pattern=r"100000 events.*read\s+([\d.]+) s",
    ),
    Row(
        what="replay 100,000 events", script="ledger.py", unit="s", goal=1,
        pattern=r"100000 events.*replay\s+([\d.]+) s",
    ),
    Row(
        what="memory of reading and replaying them", script="ledger.py", unit="MB", goal=200,
        pattern=r"100000 events.*memory\s+([\d.]+) MB",
    ),
    Row(
        what="mine a fork with 1,000 commits, processor time", script="forks.py", unit="s",
        pattern=r"^mine .*?cpu\s+([\d.]+) s", goal=20,
    ),
    Row(
        what="memory of mining it", script="forks.py", unit="MB", goal=500,
        pattern=r"^mine .*?memory\s+([\d.]+) MB",
    ),
    Row(
        what="index 10,000 documents, processor time", script="research.py", unit="s", goal=10,
        pattern=r"^index 10000 documents: ([\d.]+) CPU s",
    ),
    Row(
        what="search them, median", script="research.py", unit="ms", goal=50,
        pattern=r"^search: median ([\d.]+) ms",
    ),
    Row(
        what="requests of a cold reading of issues and papers", script="research.py", unit="",
        pattern=r"^cold reading: (\d+) requests",
    ),
    Row(
        what="kB that the same reading transfers when it is warm", script="research.py", unit="kB",
        pattern=r"^warm reading: \d+ requests, (\d+) kB",
    ),
    Row(
        what="the page as a file, 60 experiments", script="page.py", unit="KB", goal=150,
        pattern=r"^file, 60 experiments: (\d+) KB",
    ),
    Row(
        what="the same, 1,000 experiments", script="page.py", unit="KB", goal=1000,
        pattern=r"^file, 1000 experiments: (\d+) KB",
    ),
    Row(
        what="its first paint, 1,000 experiments", script="page.py", unit="ms", goal=500,
        pattern=r"^in a browser, 1000 experiments: paint (\d+) ms",
    ),
    Row(
        what="until it can be used, 1,000 experiments", script="page.py", unit="ms", goal=1000,
        pattern=r"^in a browser, 1000 experiments:.*ready (\d+) ms",
    ),
    Row(
        what="the same, 10,000 experiments", script="page.py", unit="ms", goal=3000,
        pattern=r"^in a browser, 10000 experiments:.*ready (\d+) ms",
    ),
    Row(
        what="filtering its table, 1,000 experiments", script="page.py", unit="ms", goal=50,
        pattern=r"^in a browser, 1000 experiments:.*filter (\d+) ms",
    ),
    Row(
        what="from a verdict in the ledger to the live page", script="page.py", unit="ms",
        goal=2000, pattern=r"^a verdict is visible after .*at most (\d+) ms",
    ),
    Row(
        what="one run of an agent beside its own work, jail and relay included",
        script="agents.py", unit="ms", pattern=r"^shell, one run .*?(\d+) ms",
    ),
    Row(
        what="memory of 8 runs of goose at once", script="agents.py", unit="MB",
        pattern=r"^goose, 8 at once.*memory\s+(\d+) MB",
    ),
    Row(
        what="one decision of the judge, 40 pairs and a guard", script="judge.py", unit="ms",
        pattern=r"^one decision after.*?([\d.]+) ms", goal=5,
    ),
    Row(
        what="one verdict: everything the judge does once for a candidate", script="judge.py",
        pattern=r"^one verdict.*?([\d.]+) ms", unit="ms", goal=5,
    ),
    Row(
        what="one decision in a round of 16 candidates, the block's spread included",
        script="judge.py", pattern=r"^one decision in a round.*?([\d.]+) ms", unit="ms", goal=5,
    ),
    Row(
        what="what pairs usually spread by, asked of 1,000 experiments", script="judge.py",
        pattern=r"^the usual spread.*?([\d.]+) ms", unit="ms", goal=5,
    ),
    Row(
        what="invocations for a candidate without effect, quiet machine, rounds of 4",
        script="judge.py", pattern=r"^rounds of 4, quiet.*?([\d.]+) invocations", unit="", goal=8,
    ),
    Row(
        what="the same, cloud machine", script="judge.py",
        pattern=r"^rounds of 4, cloud.*?([\d.]+) invocations", unit="", goal=16,
    ),
    Row(
        what="all 40 decisions of an experiment", script="judge.py", unit="ms",
        pattern=r"^all 40 decisions.*?([\d.]+) ms",
    ),
    Row(
        what="a profile with the machine's ceilings, for the first time", script="reading.py",
        pattern=r"^profile and ceilings, first\s+([\d.]+) s", unit="s", goal=60,
    ),
    Row(
        what="siblings in 1,500 files of 16 backends, CPU", script="reading.py",
        pattern=r"^siblings in \d+ files.*?([\d.]+) s of CPU", unit="s", goal=10,
    ),
    Row(
        what="kept though no faster, on the worst of five machines", script="campaigns.py",
        pattern=r"^\w+\s+([\d.]+) %", unit="%", goal=1.5,
    ),
    Row(
        what="kept at the minimum effect by the judge, quiet machine", script="judge.py", unit="%",
        pattern=r"^quiet\s+\S+%\s+(?:\S+ \(\s*\d+\)\s+){3}([\d.]+)", goal=90, least=True,
    ),
    Row(
        what="the same, cloud machine", script="judge.py", unit="%",
        pattern=r"^cloud\s+\S+%\s+(?:\S+ \(\s*\d+\)\s+){3}([\d.]+)", goal=80, least=True,
    ),
    Row(
        what="time of 64 simulated machines that was used, faults included", script="fleet.py",
        unit="%", goal=95, least=True, pattern=r"^64 workers, .*used ([\d.]+) %",
    ),
    Row(
        what="the same, 512 machines", script="fleet.py", unit="%", goal=95, least=True,
        pattern=r"^512 workers, .*used ([\d.]+) %",
    ),
    Row(
        what="processor time of the driver for the last experiments of 64 machines",
        script="fleet.py", unit="ms",
        pattern=r"^64 workers, blocks of at most 1, driver: .*?([\d.]+) ms in the second",
    ),
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Run the scripts and write the page; 1 when one of them failed."""
    quick = "--quick" in arguments
    chosen = [name for name in arguments if name in SCRIPTS] or list(SCRIPTS)
    load = os.getloadavg()[0]
    before = printed(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    outputs = {
        name: output(name, given if quick else ()) if name in chosen else before.get(name)
        for name, given in SCRIPTS.items()
        if (HERE / name).exists()
    }
    PAGE.write_text(page(outputs, load, quick=quick), encoding="utf-8")
    print(PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE)
    return int(any(text is None for text in outputs.values()))


def printed(text: str) -> dict[str, str]:
    """What each script has printed, as it stands in a page."""
    return dict(
        re.findall(r"^## (\S+\.py)\n\n```text\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    )


def output(name: str, arguments: Sequence[str]) -> str | None:
    """What a script prints, shown while it runs as well; None when it fails."""
    print(f"# {name}", flush=True)
    lines = []
    command = [sys.executable, str(HERE / name), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    return "\n".join(lines) if process.returncode == 0 else None


def page(outputs: Mapping[str, str | None], load: float, *, quick: bool) -> str:
    """The results as Markdown."""
    here = fingerprint("none")
    today = time.strftime("%Y-%m-%d", time.gmtime())
    machine = (
        f"{here.cores} cores, {here.cpu}, {platform.system()} {here.machine}, "
        f"Python {here.python}; load {load:.1f} when it began."
    )
    size = " A quick run: too few for a claim." if quick else ""
    return "\n".join([
        "# Benchmark results",
        "",
        "<!-- Written by benchmarks/run.py. Do not edit. -->",
        "",
        f"whet {version()}, {today}.{size}",
        machine,
        "",
        "| what | value | goal | met | beside a bare interpreter |",
        "| --- | ---: | ---: | --- | ---: |",
        *(line for row in ROWS for line in table_line(row, outputs)),
        "",
        *(line for name, text in outputs.items() for line in section(name, text)),
    ])  # fmt: skip


def table_line(row: Row, outputs: Mapping[str, str | None]) -> Iterable[str]:
    """The line of one row; none when its script is not there."""
    if row.script not in outputs:
        return
    found = list(re.finditer(row.pattern, outputs[row.script] or "", re.MULTILINE))
    if not found:
        yield f"| {row.what} | not measured | {goal(row)} |  |  |"
        return
    worst = max(found, key=lambda match: float(match[1]))
    bare = f"{worst[3]} times, {worst[2]} ms more" if worst.re.groups > 1 else ""
    yield f"| {row.what} | {worst[1]} {row.unit} | {goal(row)} | {met(row, worst[1])} | {bare} |"


def goal(row: Row) -> str:
    """The goal as it stands in the table."""
    if row.goal is None:
        return ""
    return f"{'at least' if row.least else 'below'} {row.goal:g} {row.unit}"


def met(row: Row, value: str) -> str:
    """Whether a value reaches its goal."""
    if row.goal is None:
        return ""
    return "yes" if (float(value) >= row.goal if row.least else float(value) < row.goal) else "no"


def section(name: str, text: str | None) -> list[str]:
    """What a script printed."""
    body = "It failed." if text is None else f"```text\n{text}\n```"
    return [f"## {name}", "", body, ""]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
