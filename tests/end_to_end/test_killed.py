"""The power goes, or `kill -9`: the next run goes on as if nothing had been lost."""

import random
import signal
from pathlib import Path

from end_to_end.footprint import left_running
from end_to_end.moments import COMMANDS, linger, running
from end_to_end.target import experiments

KILLS = 16
EVENTS = ("wave.opened", "experiment.opened", "experiment.started", "verdict.given",
          "incumbent.advanced")  # fmt: skip
IDEAS = {
    "fast-left": "kept",
    "wrong": "checks_failed",
    "unbuildable": "failed",
    "fast-right": "kept",
    "cheating": "rejected",
    "nothing": "failed",
}


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_is_not(target):
    target.configure("[agent]", "[run]\nideas_per_wave = 3\nstop_after_dry_waves = 9\n\n[agent]")
    target.ideas(*IDEAS)
    kinds = list(IDEAS.values())
    chance = random.Random(7)
    # first every stage in its turn, then whatever chance wants
    moments = [*COMMANDS, *chance.choices([*COMMANDS, *EVENTS], k=KILLS - len(COMMANDS))]
    killed = []
    for moment in moments:
        if not left_to_measure(target):
            target.ideas("slow")
            kinds.append("discarded")
        with running(target) as run:
            killed.append(run.reaches(moment, "experiment.measured"))
            linger(chance, 0.03)
            run.send(signal.SIGKILL)
            assert run.end() == -signal.SIGKILL, run.said
        assert left_running(target.root) == []
    assert set(killed) >= set(COMMANDS)

    target.ideas("nothing")  # so that something is left to do, however far the killed ones came
    as_a_power_cut_leaves_it(target)
    assert "The last line of the ledger was never written whole" in target.whet("run").err
    assert experiments(target.events()) == {
        f"I{number:02d}": [kind] for number, kind in enumerate([*kinds, "failed"], start=1)
    }
    opened = [e["experiment"] for e in target.events() if e["type"] == "experiment.opened"]
    assert opened == [f"E{number:02d}" for number in range(1, len(kinds) + 2)]
    target.whet("verify", "--no-measure")
    status = target.whet("status", "--json").document
    assert (status["state"], status["stack"]) == ("stopped", ["E01", "E04"])
    assert what_is_left(target) == []


def left_to_measure(target):
    """Ideas that will come to a trial, or come to it again; experiments have their numbers."""
    left = {}
    for event in target.events():
        if event["type"] == "idea.added":
            idea = event["idea"]
            left[idea["id"]] = idea["title"] not in ("cheating", "nothing")
        elif event["type"] in ("experiment.measured", "verdict.given"):
            left[event["experiment"].replace("E", "I")] = False
        elif event["type"] == "experiment.requeued":
            left[event["experiment"].replace("E", "I")] = True
    return [name for name, waits in left.items() if waits]


def as_a_power_cut_leaves_it(target):
    """Half a line in the ledger, and locks on the refs that were being written."""
    with (target.store / "campaigns" / "t_ms" / "events.jsonl").open("ab") as file:
        file.write(b'{"n":99,"v":1,"hash":"')
    for folder in (target.root / ".git", target.store / "store.git"):
        (folder / "refs/whet/t_ms/stack.lock").touch()


def what_is_left(target):
    """Agents' trees, briefs and specs that nobody would ever remove."""
    caches = target.root.parent / "home" / ".cache" / "whet"
    kept = ("objects.git", "t", "locks", "t_ms")
    names = [path.name for path in caches.glob("*/*/*") if path.name not in kept]
    temporary = [path.name for path in Path(target.env["TMPDIR"]).iterdir()]
    # an index that git was just reading is a few hundred bytes, and lies where systems clean up
    return [name for name in (*names, *temporary)
            if not name.endswith(".lock") and not name.startswith("whet-index-")]  # fmt: skip
