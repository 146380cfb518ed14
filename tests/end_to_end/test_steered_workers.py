"""Workers are drained, replaced and stopped from another terminal, and an experiment is ended.

Machines are those of a pretended SkyPilot: folders and processes of this machine.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.repos import commit, user_git, write
from whet.trial.shell import MARK

FAKE = Path(__file__).parent.parent / "support" / "fake_sky"
PATIENCE = 240.0
MAIN = """\
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>
double cost(void);
int main(void) {
    unsigned char noise = 0;
    if (getrandom(&noise, 1, 0) != 1) return 1;
    usleep(500 * 1000);
    printf("METRIC cost=%.9g\\n", cost() * (1.0 + noise * 1e-5));
    return 0;
}
"""
COST = "double cost(void) {{ return {}; }}\n"
TOML = f"""\
[goal]
metric = "cost"
direction = "lower"

[build]
command = "cc -o prog work.c main.c"

[bench]
command = "./prog"

[measure]
aa_pairs = 4
layouts = 1
shared_control = 1

[integrity]
sandbox = "none"

[[workers]]
name = "box"
kind = "sky"
count = 2
python = "{sys.executable}"
resources = {{ cpus = 2 }}
"""


class Campaign:
    """A campaign in a repository, and whoever drives it."""

    def __init__(self, root):
        self.root = root
        self.env = {**os.environ, "FAKE_SKY": str(root.parent / "sky"), "PYTHONPATH": str(FAKE),
                    "WHET_SKY_PYTHON": sys.executable}  # fmt: skip
        self.ledger = root / ".whet/campaigns/t/events.jsonl"

    def start(self, *words):
        argv = [sys.executable, "-m", "whet", *words, "--campaign", "t", "--display", "plain"]
        self.log = (self.root.parent / "log").open("ab")
        self.driver = subprocess.Popen(argv, cwd=self.root, env=self.env, stdout=self.log,
                                       stderr=self.log)  # fmt: skip

    def end(self):
        if self.driver.poll() is None:
            self.driver.send_signal(signal.SIGTERM)
        self.driver.wait(PATIENCE)
        self.log.close()

    def events(self, kind):
        lines = self.ledger.read_bytes().split(b"\n")[:-1] if self.ledger.exists() else []
        found = [json.loads(line)["event"] for line in lines]
        return [one for one in found if one["type"] == kind]

    def until(self, question):
        end = time.monotonic() + PATIENCE
        while not (found := question()):
            said = (self.root.parent / "log").read_text()[-3000:]
            assert time.monotonic() < end, said
            time.sleep(0.05)
        return found

    def at_work(self, worker):
        """What a worker measures now."""
        judged = {one["experiment"] for one in self.events("verdict.given")}
        judged |= {one["experiment"] for one in self.events("experiment.requeued")}
        last = [one for one in self.events("experiment.started") if one["worker"] == worker][-1:]
        return last[0]["experiment"] if last and last[0]["experiment"] not in judged else ""

    def whet(self, *words, code=0):
        argv = [sys.executable, "-m", "whet", *words, "--campaign", "t"]
        done = subprocess.run(argv, cwd=self.root, env=self.env, capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def campaign(tmp_path):
    root = tmp_path / "target"
    root.mkdir()
    (tmp_path / "sky" / "clusters").mkdir(parents=True)
    user_git(root, "init", "-q", "-b", "main")
    commit(root, {"work.c": COST.format("100.0"), "main.c": MAIN, "whet.toml": TOML,
                  ".gitignore": "/prog\n"})  # fmt: skip
    patches = []
    for number in range(1, 11):
        write(root, {"work.c": COST.format(f"100.0 + {number} * 1e-9")})
        patches.append(tmp_path / f"{number}.patch")
        patches[-1].write_text(user_git(root, "diff") + "\n")
        user_git(root, "checkout", "-q", "--", "work.c")
    found = Campaign(root)
    found.start("try", *map(str, patches))
    yield found
    found.end()


def trials(experiment):
    """Processes that are at work for an experiment, wherever."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().decode(errors="replace").split("\0")
            if any(word.startswith(f"{MARK}=") and f"/t:{experiment}." in word for word in words):
                found.append(int(entry.parent.name))
    return found


@pytest.mark.slow
def test_a_campaign_obeys_while_it_runs(campaign):
    campaign.until(lambda: campaign.events("machine.asked"))
    for verb in ("drain", "replace", "resume", "stop"):
        campaign.whet("workers", verb, "bocks", code=2)
    # an experiment is ended where it is measured, and its machine goes on
    first = campaign.until(lambda: campaign.at_work("box-1"))
    campaign.until(lambda: trials(first))
    assert campaign.whet("cancel", first, "--reason", "a typo") == f"{first} is withdrawn\n"
    campaign.until(lambda: not trials(first))
    given = [one for one in campaign.events("verdict.given") if one["experiment"] == first]
    assert [(one["verdict"]["code"], one["verdict"]["reason"]) for one in given] == [
        ("withdrawn", "a typo")
    ]
    # another machine, after what is measured on the first
    campaign.until(lambda: campaign.at_work("box-1"))
    said = json.loads(campaign.whet("workers", "replace", "box-1", "--json"))
    campaign.until(lambda: len([e for e in campaign.events("machine.ready")
                                if e["worker"] == "box-1"]) == 2)  # fmt: skip
    assert not campaign.events("experiment.requeued")
    ends = {one["machine"]: one["reason"] for one in campaign.events("machine.gone")}
    assert ends == {said["machine"]: "drained"}
    # one that is stopped does not end what it measures
    second = campaign.until(lambda: campaign.at_work("box-2"))
    stopped = campaign.whet("workers", "stop", "box-2")
    assert stopped.startswith("Stopped box-2: whet-")
    assert "drained" in campaign.whet("workers")
    again = [e["experiment"] for e in campaign.events("experiment.requeued")]
    assert again in ([], [second])  # it may have come to its end at that very moment
    # without a name the run ends
    campaign.until(lambda: campaign.at_work("box-1"))
    assert campaign.whet("workers", "stop").startswith("Stopped box-1: whet-")
    assert campaign.driver.wait(PATIENCE) == 130
    assert list((campaign.root.parent / "sky" / "clusters").iterdir()) == []
    assert campaign.whet("workers", "stop") == "Nothing is up\n"
    # and goes on with those that are not out
    campaign.log.close()
    assert "box-2 measures again" in campaign.whet("workers", "resume", "box-2")
    assert "box-1 measures nothing more" in campaign.whet("workers", "drain", "box-1")
    campaign.start("run")
    assert campaign.driver.wait(PATIENCE) == 0
    given = [one["experiment"] for one in campaign.events("verdict.given")]
    assert sorted(given) == [f"E{number:02d}" for number in range(1, 11)]
    assert list((campaign.root.parent / "sky" / "clusters").iterdir()) == []
