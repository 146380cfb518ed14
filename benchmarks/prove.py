"""How often whet is wrong through the whole product, beside other rules; writes PROOF.md.

python benchmarks/prove.py [--quick]      quick: two machines, few candidates, for a look

About half an hour on two quiet cores. The numbers do not depend on the load: the benchmark's
seconds are made up, and equal seeds give equal verdicts.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from whet.proof.chart import chart
from whet.proof.run import Doing, Options, prove
from whet.proof.table import markdown
from whet.testing.noise import MACHINES

HERE = Path(__file__).parent
PAGE = HERE / "PROOF.md"

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


def main(arguments: Sequence[str]) -> None:
    """Prove, and write the page and its charts."""
    quick = "--quick" in arguments
    machines = ("quiet", "cloud") if quick else tuple(MACHINES)
    seeds = (1,) if quick else (1, 2, 3)
    candidates = 10 if quick else 60
    mixed = prove(Options(machines=machines, candidates=candidates, seeds=seeds), told)
    faint = prove(
        Options(machines=machines, candidates=candidates // 3, seeds=seeds, effect=0.02), told
    )
    sections = (HEAD, MIXED + "\n", markdown(mixed, 3), FAINT + "\n", markdown(faint, 3))
    PAGE.write_text("\n".join(sections), encoding="utf-8")
    (HERE / "proof.svg").write_text(chart(mixed, "light"), encoding="utf-8")
    (HERE / "proof-dark.svg").write_text(chart(mixed, "dark"), encoding="utf-8")
    print(PAGE)


def told(doing: Doing) -> None:
    """Say where it is, now and then."""
    if doing.judged in (0, doing.of):
        now = time.strftime("%H:%M:%S")
        where = f"{doing.number} of {doing.campaigns}, {doing.machine}, {doing.campaign}"
        print(f"{now} campaign {where}: {doing.judged} of {doing.of} judged", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
