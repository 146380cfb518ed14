"""A campaign on two machines of a real Slurm, rented through the real SkyPilot.

One machine is taken away in the middle of a measurement, the driver is stopped once and killed
once, and at the end every change is judged and nothing is up.
"""

import json
import signal
import subprocess
import sys
import time

import pytest

from support.repos import commit, user_git, write
from support.slurm import running
from whet.ledger import underway

pytestmark = pytest.mark.slow

COST = "double cost(void) {{ return {}; }}\nint twice(int x) {{ return {}; }}\n"
FILES = {
    "work.c": COST.format("100.0", "x + x"),
    "main.c": """\
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
double cost(void);
int twice(int);
int main(int argc, char **argv) {
    if (argc > 1) return twice(21) != 42;
    unsigned char noise = 0;
    if (getrandom(&noise, 1, 0) != 1) return 1;
    usleep(2000 * 1000);
    printf("METRIC cost=%.9g\\n", cost() * (1.0 + noise * 1e-5));
    return 0;
}
""",
    "Makefile": "prog: work.c main.c\n\tcc -o prog work.c main.c\n",
    ".gitignore": "/prog\n",
    "whet.toml": """\
[goal]
metric = "cost"
direction = "lower"
min_effect = "2%"

[build]
command = "make -s"

[bench]
command = "./prog"

[checks]
command = "./prog --check"

[measure]
aa_pairs = 8
pairs_max = 12
stack_pairs = 4
layouts = 1

[integrity]
sandbox = "none"

[[workers]]
name = "box"
kind = "sky"
count = 2
setup = "cc --version"
resources = { infra = "slurm/lab/bench", cpus = 2 }
""",
}
CHANGES = {
    "faster": COST.format("80.0", "x + x"),
    **{
        f"same-{n}": COST.format("100.0", "x + x") + f"int spare(void) {{ return {n}; }}\n"
        for n in range(3)
    },
    "wrong": COST.format("50.0", "x + x + 1"),
    "slower": COST.format("120.0", "x + x"),
}
LIMIT = 1800
"""Seconds until it has failed."""


@pytest.fixture(scope="module")
def slurm():
    with running() as found:
        yield found


class Campaign:
    """A campaign in a repository, and whoever drives it."""

    def __init__(self, root, env):
        self.root, self.env, self.until = root, env, time.monotonic() + LIMIT
        self.events = root / ".whet" / "campaigns" / "four" / "events.jsonl"
        self.words = ["try", *(f"{name}.patch" for name in CHANGES), "--campaign", "four",
                      "--display", "plain"]  # fmt: skip

    def start(self):
        self.log = (self.root.parent / "log").open("ab")
        self.driver = subprocess.Popen(
            [sys.executable, "-m", "whet", *self.words], cwd=self.root, env=self.env,
            stdout=self.log, stderr=self.log,
        )  # fmt: skip

    def happened(self, kind):
        if not self.events.exists():
            return []
        lines = self.events.read_bytes().split(b"\n")[:-1]
        found = [json.loads(line) for line in lines]
        found = [one.get("event", one) for one in found]
        return [one for one in found if one.get("type") == kind]

    def until_true(self, question, *, runs=True):
        while not question():
            assert time.monotonic() < self.until, self.said()
            assert not runs or self.driver.poll() is None, self.said()
            time.sleep(0.2)

    def measured(self):
        """The worker that measures an experiment at this moment, if one does."""
        found = [one.what for one in underway.read(self.events.parent)
                 if one.stage == "measure" and one.what.startswith("E")]  # fmt: skip
        started = {one["experiment"]: one["worker"] for one in self.happened("experiment.started")}
        return next((started[name] for name in found if name in started), "")

    def machine(self, worker):
        """The machine that a worker has."""
        asked = [one["machine"] for one in self.happened("machine.asked")
                 if one["worker"] == worker]  # fmt: skip
        return asked[-1]

    def said(self):
        return (self.root.parent / "log").read_text(errors="replace")[-4000:]

    def end(self, number):
        self.driver.send_signal(number)
        self.driver.wait(LIMIT)
        self.log.close()
        self.words = ["run", "--campaign", "four", "--display", "plain"]  # goes on with what waits
        return self.driver.returncode


@pytest.fixture
def campaign(slurm, tmp_path):
    root = tmp_path / "target"
    root.mkdir()
    user_git(root, "init", "-q", "-b", "main")
    commit(root, FILES)
    for name, text in CHANGES.items():
        write(root, {"work.c": text})
        (tmp_path / f"{name}.patch").write_text(user_git(root, "diff") + "\n")
        user_git(root, "checkout", "-q", "--", "work.c")
    found = Campaign(root, slurm.env)
    found.words[1 : 1 + len(CHANGES)] = [str(tmp_path / f"{name}.patch") for name in CHANGES]
    yield found
    if found.driver.poll() is None:
        found.end(signal.SIGTERM)


def test_a_wave_on_two_rented_machines_survives_everything(campaign, slurm):
    began = time.monotonic()
    campaign.start()
    # a machine is taken away in the middle of a measurement, and replaced
    campaign.until_true(lambda: len(campaign.happened("machine.ready")) >= 2)
    found = []
    campaign.until_true(lambda: found.append(campaign.measured()) or found[-1])
    lost = campaign.machine(found[-1])
    slurm.take_away(lost)
    campaign.until_true(lambda: [
        one for one in campaign.happened("machine.gone")
        if one["machine"] == lost and one["reason"] == "lost"
    ])  # fmt: skip
    campaign.until_true(lambda: len(campaign.happened("machine.ready")) >= 3)
    # the driver is killed, and its machines are taken up again by their names
    asked, judged = (len(campaign.happened(kind)) for kind in ("machine.asked", "verdict.given"))
    campaign.end(signal.SIGKILL)
    assert slurm.jobs()
    campaign.start()
    campaign.until_true(lambda: len(campaign.happened("verdict.given")) > judged)
    assert len(campaign.happened("machine.asked")) == asked
    # it is stopped, which gives everything back, and goes on
    assert campaign.end(signal.SIGTERM) == 143
    assert slurm.jobs() == {}
    campaign.start()
    campaign.until_true(lambda: campaign.driver.poll() is not None, runs=False)
    assert campaign.driver.returncode == 0, campaign.said()
    verdicts = {one["experiment"]: one["verdict"]["kind"] for one in
                campaign.happened("verdict.given")}  # fmt: skip
    assert sorted(verdicts.values()) == [
        "checks_failed",
        *["discarded"] * 4,
        "kept",
    ]
    up = {one["machine"] for one in campaign.happened("machine.asked")}
    gone = {one["machine"] for one in campaign.happened("machine.gone")}
    assert up == gone
    assert slurm.jobs() == {}
    assert all(one["price"] == pytest.approx(0.1) for one in campaign.happened("machine.ready"))
    assert time.monotonic() - began < LIMIT
