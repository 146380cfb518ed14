"""A campaign on two machines of a real Slurm, rented through the real SkyPilot.

It is watched while it measures, one machine is taken away in the middle of a measurement, one
experiment is cancelled there, the driver is killed, and at the end every other change is judged and
nothing is up.
"""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.repos import commit, user_git, write
from support.slurm import VENV, running
from whet.ledger import underway
from whet.trial.shell import MARK

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
        for n in range(5)
    },
    "wrong": COST.format("50.0", "x + x + 1"),
    "slower": COST.format("120.0", "x + x"),
}
VERDICTS = {"faster": "kept", "wrong": "checks_failed"}
"""What is right where it is not `discarded`."""
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
        """An experiment that is measured at this moment, if one is."""
        found = [one.what for one in underway.read(self.events.parent)
                 if one.stage == "measure" and one.what.startswith("E")]  # fmt: skip
        judged = {one["experiment"] for one in self.happened("verdict.given")}
        return next((name for name in found if name not in judged), "")

    def alone(self):
        """One that is measured by itself: what lost its machine is."""
        name = self.measured()
        started = [one for one in self.happened("experiment.started") if one["experiment"] == name]
        return name if started and not started[-1]["beside"] else ""

    def worker(self, experiment):
        """Who measured an experiment last."""
        started = {one["experiment"]: one["worker"] for one in self.happened("experiment.started")}
        return started[experiment]

    def trials(self, experiment):
        """The trials that processes of the nodes are at work for, of whoever shares its block."""
        started = [one for one in self.happened("experiment.started")
                   if one["experiment"] == experiment][-1]  # fmt: skip
        names = [experiment, *started["beside"]]
        found = set()
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                words = entry.read_bytes().decode(errors="replace").split("\0")
                found |= {word for word in words if word.startswith(f"{MARK}=")
                          and any(f":{name}." in word for name in names)}  # fmt: skip
        return found

    def say(self, *words):
        """What another command of whet says meanwhile."""
        argv = [sys.executable, "-m", "whet", *words, "--campaign", "four"]
        done = subprocess.run(argv, cwd=self.root, env=self.env, capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

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
    found.log.close()


def test_a_wave_on_two_rented_machines_survives_everything(campaign, slurm):
    campaign.start()
    campaign.until_true(lambda: len(campaign.happened("machine.ready")) >= 2)
    # whoever looks sees how far it is
    found = []
    campaign.until_true(lambda: found.append(campaign.measured()) or found[-1])
    campaign.until_true(lambda: re.search(r"E\d+ measure \d+/12 on box-", campaign.say("status")))
    # a machine is taken away in the middle of a measurement, and replaced
    campaign.until_true(lambda: found.append(campaign.measured()) or found[-1])
    lost = campaign.machine(campaign.worker(found[-1]))
    slurm.take_away(lost)
    campaign.until_true(lambda: [
        one for one in campaign.happened("machine.gone")
        if one["machine"] == lost and one["reason"] == "lost"
    ])  # fmt: skip
    campaign.until_true(lambda: len(campaign.happened("machine.ready")) >= 3)
    # an experiment is ended, and with it what measures it there
    campaign.until_true(lambda: found.append(campaign.alone()) or found[-1])
    cancelled = found[-1]
    there = set()
    campaign.until_true(lambda: there.update(campaign.trials(cancelled)) or there)
    assert campaign.say("cancel", cancelled) == f"{cancelled} is withdrawn\n"
    campaign.until_true(lambda: not there & campaign.trials(cancelled))
    # the driver is killed, and its machines are taken up again by their names
    asked, judged = (len(campaign.happened(kind)) for kind in ("machine.asked", "verdict.given"))
    campaign.end(signal.SIGKILL)
    assert len(slurm.jobs()) == 2
    campaign.start()
    campaign.until_true(lambda: len(campaign.happened("verdict.given")) > judged)
    assert len(campaign.happened("machine.asked")) == asked
    # it goes on to its end, and gives everything back
    campaign.until_true(lambda: campaign.driver.poll() is not None, runs=False)
    assert campaign.driver.returncode == 0, campaign.said()
    assert verdicts(campaign) == {
        name: "withdrawn" if number == cancelled else VERDICTS.get(name, "discarded")
        for name, number in numbers(campaign).items()
    }
    assert len({one["experiment"] for one in campaign.happened("verdict.given")}) == len(CHANGES)
    assert len(campaign.happened("verdict.given")) == len(CHANGES)
    up = {one["machine"] for one in campaign.happened("machine.asked")}
    gone = {one["machine"] for one in campaign.happened("machine.gone")}
    assert up == gone
    assert slurm.jobs() == {}
    assert "Nothing is up" in campaign.say("workers", "stop")
    assert all(one["price"] == pytest.approx(0.1) for one in campaign.happened("machine.ready"))


def numbers(campaign):
    """The experiment of each change, by its title."""
    titles = {one["idea"]["id"]: one["idea"]["title"] for one in campaign.happened("idea.added")}
    return {titles[one["candidate"]["idea"]]: one["experiment"]
            for one in campaign.happened("experiment.opened")}  # fmt: skip


def verdicts(campaign):
    """What became of each change, by its title."""
    found = {}
    given = {one["experiment"]: one["verdict"] for one in campaign.happened("verdict.given")}
    for name, number in numbers(campaign).items():
        one = given[number]
        found[name] = one["code"] if one["code"] == "withdrawn" else one["kind"]
    return found


REFUSED = {
    "key": ('{ infra = "slurm/lab/bench", cpu_count = 2 }', "does not take [workers.resources]",
            "https://docs.skypilot.co"),
    "large": ('{ infra = "slurm/lab/bench", cpus = 999 }', "no machine is as [[workers]] asks", ""),
    "cloud": ('{ infra = "aws", cpus = 2 }', "cannot use the cloud", "sky check"),
}  # fmt: skip
"""What SkyPilot refuses, the sentence for it and what is to be typed."""


def test_what_skypilot_refuses_is_a_sentence_and_a_hint(slurm, tmp_path):
    root = tmp_path / "target"
    root.mkdir()
    user_git(root, "init", "-q", "-b", "main")
    workers = "".join(
        f'\n[[workers]]\nname = "{name}"\nkind = "sky"\nresources = {resources}\n'
        for name, (resources, _, _) in REFUSED.items()
    )
    commit(root, FILES | {"whet.toml": FILES["whet.toml"].partition("[[workers]]")[0] + workers})
    found = examined(root, slurm.env)
    for name, (_, sentence, hint) in REFUSED.items():
        assert sentence in found[name]["problem"], found[name]
        assert hint in found[name]["hint"]
    assert all(one["hint"] and "\n" not in one["problem"] for one in found.values())
    # nobody answers where the API server is said to be
    away = {"SKYPILOT_API_SERVER_ENDPOINT": "http://127.0.0.1:9"}
    for one in examined(root, slurm.env | away).values():
        assert "API server does not answer" in one["problem"], one
    # nobody has logged in anywhere
    (tmp_path / "home").mkdir()
    alone = slurm.env | {"HOME": str(tmp_path / "home"), "SKYPILOT_API_SERVER_LOCAL_PORT": "46681"}
    try:
        (said,) = examined(root, alone, "cloud").values()
    finally:
        subprocess.run([f"{VENV}/bin/sky", "api", "stop"], env=alone, check=False,
                       capture_output=True)  # fmt: skip
    assert "credentials" in said["problem"] or "cannot use the cloud" in said["problem"], said
    assert said["hint"] == "sky check"
    assert slurm.jobs() == {}


def examined(root, env, *names):
    """What `whet workers test` says of each worker, none of which can be had."""
    argv = [sys.executable, "-m", "whet", "workers", "test", *names, "--json"]
    done = subprocess.run(argv, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    return {one["name"]: one for one in json.loads(done.stdout)["workers"]}


def test_more_machines_than_there_are_is_said_and_the_others_are_given_back(slurm, tmp_path):
    root = tmp_path / "target"
    root.mkdir()
    user_git(root, "init", "-q", "-b", "main")
    toml = FILES["whet.toml"].replace("count = 2", "count = 3")
    commit(root, FILES | {"whet.toml": toml})
    found = examined(root, slurm.env)
    assert len(found) == 3
    lacking = [one for one in found.values() if one["problem"]]
    assert len(lacking) == 1, found
    assert "nobody has such a machine left" in lacking[0]["problem"]
    assert lacking[0]["hint"]
    assert slurm.jobs() == {}
