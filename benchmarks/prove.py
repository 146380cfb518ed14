"""How often whet is wrong through the whole product, beside other rules; writes PROOF.md.

python benchmarks/prove.py            every machine, then PROOF.md and its charts
python benchmarks/prove.py MACHINE…   only these, then the page of all that was ever run
python benchmarks/prove.py --quick    two machines and few candidates, for a look; no page

The numbers do not depend on the load: the benchmark's seconds are made up, and equal seeds give
equal verdicts. Each machine is kept in build/benchmarks/proof as it ends, so a proof that was
stopped goes on where it was; `--anew` forgets what is there.
"""

import dataclasses
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from whet.proof.chart import chart
from whet.proof.result import OnMachine, Proof
from whet.proof.run import Doing, Options, prove
from whet.proof.table import markdown
from whet.testing.noise import MACHINES
from whet.trial.wire import WireError, decode, encode

HERE = Path(__file__).parent
PAGE = HERE / "PROOF.md"
KEPT_AS = HERE.parent / "build" / "benchmarks" / "proof"

HEAD = """\
# What the judge gets wrong

<!-- Written by benchmarks/prove.py. Do not edit. -->

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="proof-dark.svg">
  <img alt="How often each rule keeps a change without effect" src="proof.svg">
</picture>

Every verdict here is that of the whole product: git, ledger, driver, build, jail, and a process
for every number. Only the seconds that the benchmark prints are made up, so that the truth is
known. The other rules are asked about the same invocations; `src/whet/proof/rules.py` says which
of them each is given, and for how many it would have paid.
"""
MIXED = "## Campaigns of 75% useless, 15% harmful and 10% useful candidates"
FAINT = "## Candidates that are all worth exactly the minimum"


PARTS = {
    "mixed": Options(machines=tuple(MACHINES), candidates=60),
    "faint": Options(machines=tuple(MACHINES), candidates=20, effect=0.02),
}


def main(arguments: Sequence[str]) -> None:
    """Prove what was not proved yet, and write the page and its charts."""
    if "--quick" in arguments:
        print(markdown(prove(Options(machines=("quiet", "cloud"), candidates=10), told)))
        return
    if "--anew" in arguments:
        shutil.rmtree(KEPT_AS, ignore_errors=True)
    wanted = [name for name in arguments if name in MACHINES] or list(MACHINES)
    for name in wanted:
        for part in PARTS:
            started = time.monotonic()
            if kept(part, name) is None:
                keep(part, name)
                print(f"{part} {name}: {time.monotonic() - started:.0f} s", flush=True)
    proofs = {part: proof for part in PARTS if (proof := known(part)) is not None}
    write(proofs["mixed"], proofs["faint"])
    print(PAGE)


def keep(part: str, machine: str) -> None:
    """Prove a part on one machine."""
    made = prove(dataclasses.replace(PARTS[part], machines=(machine,)), told)
    KEPT_AS.mkdir(parents=True, exist_ok=True)
    (KEPT_AS / f"{part}-{machine}.json").write_text(encode(made), encoding="utf-8")


def kept(part: str, machine: str) -> Proof | None:
    """What was proved before, by this version or another."""
    path = KEPT_AS / f"{part}-{machine}.json"
    try:
        return decode(Proof, path.read_text(encoding="utf-8"))
    except (OSError, WireError):
        return None


def known(part: str) -> Proof | None:
    """One proof of all machines that were proved."""
    found = [proof for name in MACHINES if (proof := kept(part, name)) is not None]
    if not found:
        return None
    machines: tuple[OnMachine, ...] = tuple(one for proof in found for one in proof.machines)
    seconds = sum(proof.seconds for proof in found)
    return dataclasses.replace(found[0], machines=machines, seconds=seconds)


def write(mixed: Proof, faint: Proof) -> None:
    """The page and its charts."""
    sections = (HEAD, MIXED + "\n", markdown(mixed, 3), FAINT + "\n", markdown(faint, 3))
    PAGE.write_text("\n".join(sections), encoding="utf-8")
    (HERE / "proof.svg").write_text(chart(mixed, "light"), encoding="utf-8")
    (HERE / "proof-dark.svg").write_text(chart(mixed, "dark"), encoding="utf-8")


def told(doing: Doing) -> None:
    """Say where it is, now and then."""
    if doing.judged in (0, doing.of):
        now = time.strftime("%H:%M:%S")
        where = f"{doing.number} of {doing.campaigns}, {doing.machine}, {doing.campaign}"
        print(f"{now} campaign {where}: {doing.judged} of {doing.of} judged", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
