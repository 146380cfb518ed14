"""What the judge promises, each promise held against what campaigns on simulated machines do.

python benchmarks/promises.py                every part, then PROMISES.md; about ten minutes
python benchmarks/promises.py PART MACHINE…  parts: same mixed power recipe; then the page anew
python benchmarks/promises.py --quick        one seed and few candidates, for a look; no page

Driver, ledger, git and judge are real; builds and seconds are simulated, so that the truth is
known. Machines and mixes are those of the study the judge rests on. Equal seeds give equal numbers,
on any machine and under any load. Each part is kept in build/benchmarks/promises as it ends.
"""

import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "campaign"))

from recipe import Recipe  # noqa: E402
from simulated import CONFIG, faster, kinds, run, site  # noqa: E402

from whet.model.config import Config, Judge  # noqa: E402
from whet.plan.state import State  # noqa: E402
from whet.proof.score import share  # noqa: E402
from whet.testing.executor import SimulatedExecutor  # noqa: E402
from whet.testing.noise import MACHINES, Machine  # noqa: E402
from whet.testing.weather import Weather  # noqa: E402

PAGE = Path(__file__).parent / "PROMISES.md"
KEPT_AS = ROOT / "build" / "benchmarks" / "promises"

AS_SHIPPED: Config = replace(CONFIG, judge=Judge())
"""What a user gets who says nothing: the usual error rates, and every kept change left out once."""

POWER_ON = ("quiet", "cloud")
POWER_AT = (0.02, 0.03, 0.15)
RECIPE_ON = ("quiet", "cloud", "noisy")

Row = dict[str, float | int | str]
Rows = list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is run."""

    seeds: Sequence[int] = (1, 2, 3)
    many: Sequence[int] = tuple(range(1, 11))
    """Where a share is to be known to a percent."""
    several: Sequence[int] = tuple(range(1, 7))
    """Where costs are compared: those of one machine differ by a tenth from seed to seed."""
    same: int = 60
    mixed: int = 120
    power: int = 100
    recipe: int = 200


QUICK = Size(seeds=(1,), many=(1,), several=(1,), same=20, mixed=30, power=20, recipe=40)


@dataclass(slots=True)
class CountedWeather(Weather):
    """A machine that counts the invocations it disturbs: what a campaign has paid for."""

    count: int = field(init=False, default=0)

    def invocation(self) -> float:
        """As that of any weather."""
        self.count += 1
        return Weather.invocation(self)


def campaign(
    machine: Machine, seed: int, gains: Sequence[float], *, alone: bool
) -> tuple[State, int]:
    """A campaign of these true gains, and the invocations it took from the first to the last."""
    count = len(gains)
    limits = replace(AS_SHIPPED.run, max_experiments=count)
    with tempfile.TemporaryDirectory(prefix="whet-bench-") as folder:
        place = site(
            Path(folder), [faster(gain) for gain in gains], replace(AS_SHIPPED, run=limits)
        )
        executor = SimulatedExecutor(machine=machine, seed=seed)
        weather = executor.weather = CountedWeather(machine, seed)
        state = run(place, executor, proposed=True, alone=alone)
        return state, weather.count


def mix(count: int, seed: int) -> list[float]:
    """True gains as the study has them: 3 of 4 nothing, 15 % harm, 10 % help by 0.5 % and more."""
    chance = random.Random(f"mix {seed}")
    return [_one(chance) for _ in range(count)]


def _one(chance: random.Random) -> float:
    kind = chance.random()
    if kind < 0.75:
        return 0.0
    size = chance.expovariate(1 / 0.03)
    return math.expm1(-size if kind < 0.90 else 0.005 + size)


def same(machine: str, size: Size) -> Rows:
    """Candidates without any effect: none may be kept."""
    rows: Rows = []
    for seed in size.many:
        state, paid = campaign(MACHINES[machine], seed, [0.0] * size.same, alone=True)
        rows.append({"seed": seed, "candidates": size.same, "kept": kinds(state).count("kept"),
                     "invocations": paid})  # fmt: skip
    return rows


def mixed(machine: str, size: Size) -> Rows:
    """Campaigns as agents make them, with a stack that is measured at the end."""
    return [_campaign_row(machine, seed, size.mixed) for seed in size.seeds]


def _campaign_row(machine: str, seed: int, count: int) -> Row:
    gains = mix(count, seed)
    state, paid = campaign(MACHINES[machine], seed, gains, alone=False)
    stack = [gains[int(name[1:]) - 1] for name in state.stack]
    true = math.fsum(math.log1p(gain) for gain in stack)
    headline = state.headline.effect if state.stack and state.headline is not None else None
    claimed = (headline.low, headline.estimate, headline.high) if headline else (0.0, 0.0, 0.0)
    return {
        "seed": seed,
        "candidates": count,
        "kept": len(stack),
        "false": sum(gain <= 0 for gain in stack),
        "harmful": sum(math.log1p(gain) < -0.005 for gain in stack),
        "true": math.expm1(true),
        "possible": math.expm1(math.fsum(math.log1p(gain) for gain in gains if gain > 0)),
        "low": claimed[0],
        "claimed": claimed[1],
        "high": claimed[2],
        "invocations": paid,
        "left_out": sum(2 * len(one.outcome.pairs) + 2 for one in state.ablated.values()
                        if one.outcome is not None),
    }  # fmt: skip


def power(machine: str, size: Size) -> Rows:
    """Candidates that are all worth the same, each judged alone."""
    rows: Rows = []
    for gain in POWER_AT:
        for seed in size.many:
            state, _ = campaign(MACHINES[machine], seed, [gain] * size.power, alone=True)
            taken = [one.verdict.effect.pairs for one in state.experiments.values()
                     if one.verdict is not None and one.verdict.effect is not None]  # fmt: skip
            rows.append({
                "gain": gain, "seed": seed, "candidates": size.power,
                "kept": kinds(state).count("kept"), "pairs": statistics.fmean(taken),
                "most": max(taken),
            })  # fmt: skip
    return rows


def recipe(machine: str, size: Size) -> Rows:
    """The recipe of five runs, median, stored baseline and a clean A/B, on the same candidates."""
    rows: Rows = []
    for seed in size.several:
        gains = mix(size.recipe, seed)
        played = Recipe(Weather(MACHINES[machine], seed)).play(gains)
        ours = _campaign_row(machine, seed, size.recipe)
        rows.append({**ours, "rule": "whet"})
        rows.append({
            "rule": "recipe", "seed": seed, "candidates": size.recipe, "kept": len(played.kept),
            "false": sum(gains[place] <= 0 for place in played.kept),
            "true": math.expm1(math.fsum(math.log1p(gains[place]) for place in played.kept)),
            "claimed": math.expm1(played.claimed), "invocations": played.paid, "left_out": 0,
        })  # fmt: skip
    return rows


PARTS = {"same": same, "mixed": mixed, "power": power, "recipe": recipe}
ON: Mapping[str, Sequence[str]] = {
    "same": tuple(MACHINES), "mixed": tuple(MACHINES), "power": POWER_ON, "recipe": RECIPE_ON,
}  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Run what is asked for, print its rows, and write the page of all that was ever run."""
    quick = "--quick" in arguments
    named = [argument for argument in arguments if not argument.startswith("--")]
    parts = [name for name in named if name in PARTS] or list(PARTS)
    machines = [name for name in named if name in MACHINES]
    for part in parts:
        for machine in machines or ON[part]:
            started = time.monotonic()
            rows = PARTS[part](machine, QUICK if quick else Size())
            print(f"# {part} {machine}, {time.monotonic() - started:.0f} s", flush=True)
            print(*(json.dumps(row) for row in rows), sep="\n", flush=True)
            if not quick:
                KEPT_AS.mkdir(parents=True, exist_ok=True)
                (KEPT_AS / f"{part}-{machine}.json").write_text(json.dumps(rows), encoding="utf-8")
    if not quick:
        PAGE.write_text(page(), encoding="utf-8")
        print(PAGE)


def known(part: str) -> Iterator[tuple[str, Rows]]:
    """What was run of a part, by machine."""
    for machine in ON[part]:
        path = KEPT_AS / f"{part}-{machine}.json"
        if path.exists():
            yield machine, json.loads(path.read_text(encoding="utf-8"))


HEAD = """\
# What the judge promises

<!-- Written by benchmarks/promises.py. Do not edit. -->

Driver, ledger, git and judge are real; builds and seconds are simulated, so that the truth is
known. Machines are those of `whet.testing.noise`, each invocation going on where the last one of
the campaign stopped. Configuration: the defaults. Equal seeds give these numbers again.
"""


def page() -> str:
    """Every table of what was run."""
    return "\n".join([HEAD, *_same(), *_mixed(), *_power(), *_recipe()])


def _table(title: str, columns: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """A table, if there are rows; `columns` are names with a bar between, `>` before numbers."""
    names = columns.split("|")
    marks = ["---:" if name.startswith(">") else "---" for name in names]
    lines = [[name.removeprefix(">") for name in names], marks, *rows]
    drawn = ["| " + " | ".join(line) + " |" for line in lines]
    return [f"## {title}", "", *drawn, ""] if rows else []


def _verdict(fine: bool) -> str:
    return "yes" if fine else "**no**"


def _sum(rows: Rows, key: str) -> int:
    return sum(int(row[key]) for row in rows)


def _mean(rows: Rows, key: str) -> float:
    return statistics.fmean(float(row[key]) for row in rows)


_DUD = {"quiet": 8.0, "cloud": 16.0}


def _same() -> list[str]:
    lines = []
    for machine, rows in known("same"):
        count, kept = _sum(rows, "candidates"), _sum(rows, "kept")
        found = share(kept, count)
        cost, most = _sum(rows, "invocations") / count, _DUD.get(machine, math.inf)
        lines.append([
            machine, str(count), str(kept), f"{found.low:.1%} to {found.high:.1%}", f"{cost:.1f}",
            f"{most:g}" if most < math.inf else "", _verdict(kept <= 0.01 * count and cost <= most),
        ])  # fmt: skip
    columns = "machine|>candidates|>kept|95 % interval|>invocations each|>at most|met"
    return _table("Candidates without effect: at most 1 % may be kept", columns, lines)


_LIMITS = {"quiet": (0.05, 0.80), "cloud": (0.05, 0.70), "noisy": (0.15, 0.40)}
"""The most of the kept that are not faster, and the least share of the possible log gain."""


def _mixed() -> list[str]:
    lines = []
    for machine, rows in known("mixed"):
        kept, wrong, harm = (_sum(rows, key) for key in ("kept", "false", "harmful"))
        found = statistics.fmean(
            math.log1p(float(r["true"])) / math.log1p(float(r["possible"])) for r in rows
        )
        hold = sum(float(r["low"]) <= float(r["true"]) <= float(r["high"]) for r in rows)
        most, least = _LIMITS.get(machine, (0.05, 0.0))
        fine = wrong <= most * kept and not harm and found >= least
        lines.append([
            machine, str(kept), str(wrong), f"{most:.0%}", str(harm), f"{found:.0%}",
            f"{least:.0%}" if least else "", f"{hold} of {len(rows)}",
            f"{_mean(rows, 'invocations'):.0f}", _verdict(fine),
        ])  # fmt: skip
    columns = (
        "machine|>kept|>not faster|>at most|>harmful|>of the possible log gain|>at least"
        "|>claims that hold|>invocations|met"
    )
    return _table("Campaigns of 120 mixed candidates", columns, lines)


_LEAST = {("quiet", 0.02): 0.90, ("cloud", 0.02): 0.80}
_ELSE = 0.98


def _power() -> list[str]:
    lines = []
    for machine, every in known("power"):
        for gain in POWER_AT:
            rows = [row for row in every if row["gain"] == gain]
            count, kept = _sum(rows, "candidates"), _sum(rows, "kept")
            found, least = share(kept, count), _LEAST.get((machine, gain), _ELSE)
            pairs = _mean(rows, "pairs")
            fine = kept >= least * count and (gain < 0.15 or pairs <= 12)
            lines.append([
                machine, f"{gain:+.0%}", str(count), f"{kept / count:.1%}",
                f"{found.low:.1%} to {found.high:.1%}", f"{least:.0%}", f"{pairs:.1f}",
                str(max(int(row["most"]) for row in rows)), _verdict(fine),
            ])  # fmt: skip
    columns = "machine|>true gain|>candidates|>found|95 % interval|>at least|>pairs|>most pairs|met"
    return _table("Candidates that are all worth the same", columns, lines)


def _recipe() -> list[str]:
    lines = []
    for machine, every in known("recipe"):
        by = {rule: [row for row in every if row["rule"] == rule] for rule in ("recipe", "whet")}
        for rule, rows in by.items():
            kept, wrong = _sum(rows, "kept"), _sum(rows, "false")
            true, claimed = _mean(rows, "true"), _mean(rows, "claimed")
            lines.append([
                machine, rule, str(kept), str(wrong), f"{wrong / max(1, kept):.0%}",
                f"{true:+.0%}", f"{claimed:+.0%}", f"{claimed / true if true else math.nan:.2f}",
                f"{_mean(rows, 'invocations') - _mean(rows, 'left_out'):.0f}",
                f"{_mean(rows, 'left_out'):.0f}",
                _verdict(_better(rows, by["recipe"])) if rule == "whet" else "",
            ])  # fmt: skip
    columns = (
        "machine|rule|>kept|>not faster|>share|>true gain|>claimed|>claimed over true|>invocations"
        "|>and to leave each out|met"
    )
    title = "Beside five runs, median, stored baseline and a clean A/B, on the same 200 candidates"
    return [*_table(title, columns, lines), *([COUNTED] if lines else [])]


def _better(ours: Rows, theirs: Rows) -> bool:
    """No more invocations, under 5 % of the kept not faster, the claim within 10 % of the truth."""
    true, claimed = _mean(ours, "true"), _mean(ours, "claimed")
    paid = _mean(ours, "invocations") - _mean(ours, "left_out")
    honest = abs(claimed - true) <= 0.1 * true
    wrong = _sum(ours, "false") / max(1, _sum(ours, "kept"))
    return honest and wrong < 0.05 and paid <= _mean(theirs, "invocations")


COUNTED = """\
Met is what asks for no more invocations than the recipe, under 5 % of the kept that are not faster,
and a claimed total within 10 % of the true one.

Counted is every invocation of a candidate or an incumbent: calibration, uncounted first runs, pairs
and the measurement of the stack. Leaving each kept change out once (`judge.leave_one_out`) stands
apart, since the recipe has nothing like it. Made-up programs have no cold start, so candidates go
without uncounted first runs wherever a calibration does not take noise for one.
"""


if __name__ == "__main__":
    main(sys.argv[1:])
