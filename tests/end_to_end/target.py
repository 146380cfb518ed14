"""A small C program with a benchmark and checks, an agent that is a shell script, and a user."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from end_to_end.footprint import Footprint, footprint
from support.documents import conforming
from support.repos import commit, user_git, write
from whet.api import ideas
from whet.api.running import RunOptions

HALF = """\
static const int passes = 3;

unsigned {name}(unsigned seed)
{{
    volatile unsigned sum = 0;
    for (int pass = 0; pass < passes; pass++) {{
        unsigned x = seed;
        for (int i = 0; i < 1000000; i++)
            x = x * 1664525u + 1013904223u;
        sum = x;
    }}
    return sum;
}}
"""

BENCH = """\
#include <stdio.h>
#include <time.h>
unsigned left(unsigned), right(unsigned);
int main(void)
{
    clock_t start = clock();
    volatile unsigned sink = left(1) ^ right(2);
    (void)sink;
    printf("METRIC t_ms=%.4f\\n", 1000.0 * (clock() - start) / CLOCKS_PER_SEC);
}
"""

CHECK = """\
#include <stdio.h>
unsigned left(unsigned), right(unsigned);
int main(void)
{
    int fine = left(1) == 366300225u && right(2) == 953042242u;
    puts(fine ? "2 sums are right" : "FAIL: a sum is wrong");
    return !fine;
}
"""

MAKEFILE = """\
all: bench check
bench: bench.c left.c right.c
\t$(CC) -O1 -o $@ bench.c left.c right.c
check: check.c left.c right.c
\t$(CC) -O1 -o $@ check.c left.c right.c
"""

WHET_TOML = """\
[goal]
metric = "t_ms"
direction = "lower"
min_effect = "5%"

[build]
command = "make -s"

[bench]
command = "./bench"
clock = "off"
timeout = "1s"

[checks]
command = "./check"
mutants = 0

[scope]
allow = ["*.c"]
protect = ["bench.c", "check.c", "Makefile", "whet.toml"]

[measure]
pairs_max = 12
aa_pairs = 4
max_noise = "100%"
stack_pairs = 4

[judge]
suspicious_above = 5.0

[research]
before_run = false

[agent]
kind = "command"
timeout = "20s"
attempts = 0
"""

SOURCES = {
    "Makefile": MAKEFILE,
    "left.c": HALF.format(name="left"),
    "right.c": HALF.format(name="right"),
    "bench.c": BENCH,
    "check.c": CHECK,
    "whet.toml": WHET_TOML,
    ".gitignore": "/bench\n/check\n*.o\n",
}

AGENT = """\
title=$(sed -n '1s/^# [^:]*: //p' "$WHET_BRIEF")
echo "asked for $WHET_IDEA: $title"
. "$(dirname "$0")/$title.sh"
"""

IN_BENCH = """\
cat >> left.c <<'END'
#include <stdlib.h>
__attribute__((constructor)) static void begin(void) {{ if (getenv("WHET_PAD")) {}; }}
END"""
"""Only the benchmark is called with a padded environment."""

EDITS = {
    "fast-left": "sed -i 's/passes = 3/passes = 2/' left.c",
    "fast-right": "sed -i 's/passes = 3/passes = 2/' right.c",
    "slow": "sed -i 's/sum = x;/sum = x; for (volatile int j = 0; j < 3000000; j++);/' left.c",
    "wrong": "sed -i 's/1664525u/1664527u/' left.c",
    "unbuildable": "echo 'int x = ;' >> left.c",
    "crashing": IN_BENCH.format("abort()"),
    "hanging": IN_BENCH.format("for (;;)"),
    "cheating": "sed -i 's/1000.0/1.0/' bench.c; echo 'bench.c -text' > .gitattributes",
    "nothing": "true",
}
"""What the agent does for an idea, by its title."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """Standard output, which must be one JSON document."""
        return conforming(json.loads(self.out))


@dataclass(frozen=True, kw_only=True)
class Project:
    """A user's repository with whet.toml, and the environment whet is called in."""

    root: Path
    agent: Path
    env: Mapping[str, str]
    before: list[Footprint] = field(default_factory=list)
    """What the repository was when the user had last worked in it."""

    def settled(self) -> "Project":
        """From now on nothing of the user's may change."""
        self.before[:] = [footprint(self.root)]
        return self

    @property
    def store(self) -> Path:
        return self.root / ".whet"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "whet", *words]

    def whet(
        self, *words: str, code: int | None = 0, encoding: str = "utf-8", within: float = 120.0,
        **env: str,
    ) -> Said:  # fmt: skip
        """Call whet and wait for it, so many seconds at most."""
        done = subprocess.run(
            self.command(*words), cwd=self.root, env={**self.env, **env},
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=within,
        )  # fmt: skip
        out, err = done.stdout.decode(encoding), done.stderr.decode(encoding)
        said = Said(code=done.returncode, out=out, err=err)
        assert code is None or said.code == code, said
        assert "Traceback" not in said.err, said.err
        return said

    def start(self, *words: str, said: Path) -> "subprocess.Popen[bytes]":
        """Call whet and go on; all it prints is in the file `said`."""
        with said.open("wb") as file:
            return subprocess.Popen(
                self.command(*words), cwd=self.root, env=dict(self.env), stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def ideas(self, *titles: str) -> None:
        """Queue ideas, as `whet ideas add` does; a process for each would take half a second."""
        for title in titles:
            ideas.add(self.root, title, RunOptions())

    def edit(self, title: str, script: str) -> None:
        """Decide what the agent does for an idea of this title."""
        (self.agent.parent / f"{title}.sh").write_text(script + "\n", encoding="utf-8")

    def configure(self, old: str, new: str) -> None:
        """Change whet.toml, and commit that."""
        path = self.root / "whet.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        commit(self.root)
        self.settled()

    def events(self, campaign: str = "t_ms"):
        """What the ledger holds in whole lines, without asking whet."""
        path = self.store / "campaigns" / campaign / "events.jsonl"
        data = path.read_bytes() if path.exists() else b""
        return [json.loads(line)["event"] for line in data.split(b"\n")[:-1]]

    def at(self, root: Path) -> "Project":
        """The same agent and environment for another repository."""
        return replace(self, root=root, before=[]).settled()


def environment(folder: Path) -> dict[str, str]:
    """A user's environment whose home, caches and temporary files are all in one folder."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    for name in ("HOME", "TMPDIR"):
        Path(env[name]).mkdir(parents=True)
    return env


def agent(folder: Path, edits: Mapping[str, str]) -> Path:
    """A program that makes an edit by the title of the idea."""
    write(folder, {"agent.sh": AGENT, **{f"{k}.sh": f"{v}\n" for k, v in edits.items()}})
    return folder / "agent.sh"


def sources(agent: Path, **more: str) -> dict[str, str]:
    quoted = str(agent).replace("\\", "\\\\").replace('"', '\\"')
    toml = SOURCES["whet.toml"] + f"command = \"sh '{quoted}'\"\n"
    return {**SOURCES, "whet.toml": toml, **more}


def repository(root: Path, files: Mapping[str, str]) -> None:
    """A repository that somebody works in: branches, a stash, hooks, untracked files."""
    root.mkdir(parents=True)
    user_git(root, "init", "--quiet")
    commit(root, {"README": "first\n"})
    user_git(root, "tag", "v0")
    commit(root, files)
    user_git(root, "branch", "other")
    write(root, {"README": "half an idea\n"})
    user_git(root, "stash", "push", "--quiet")
    write(root, {"notes.txt": "untracked\n", "old.o": "ignored\n", ".git/hooks/post-commit": "#!/"})
    user_git(root, "config", "alias.st", "status")


def project(folder: Path, name: str = "target", edits: Mapping[str, str] | None = None) -> Project:
    program = agent(folder / "agent", EDITS | dict(edits or {}))
    repository(folder / name, sources(program))
    return Project(root=folder / name, agent=program, env=environment(folder)).settled()


def experiments(events: Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    """The verdicts of every idea, in the order they were given."""
    ideas = {e["experiment"]: e["candidate"]["idea"] for e in events
             if e["type"] == "experiment.opened"}  # fmt: skip
    found: dict[str, list[str]] = {}
    for event in events:
        if event["type"] == "verdict.given":
            found.setdefault(ideas[event["experiment"]], []).append(event["verdict"]["kind"])
    return found


def have(program: str) -> bool:
    return shutil.which(program) is not None
