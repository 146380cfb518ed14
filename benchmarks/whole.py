"""A whole campaign with a real agent: init, research, three waves, and everything that goes wrong.

python benchmarks/whole.py FOLDER [AGENT, goose by default]

The target is the demo's, the agent is one of `whet agents`, and its model is scripted: it reads the
brief it is given and answers for its role. On the way a change does not build and is mended, a
reviewer asks for a person, a wave keeps nothing and the next one turns elsewhere, the tokens are
used up, and the run is killed in the middle of a measurement. All that whet prints is shown.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from whet import demo
from whet.demo.story import story
from whet.testing.model.script import Script, Step
from whet.testing.model.server import ScriptedModel

FIRST = ("Norm and weight in one pass", "One pass over keys and values",
         "Prefetch the next row of weights", "Unroll the dot product by four")  # fmt: skip
LATER = ("Score the words once", "Mask and maximum in one pass")
BROKEN, HELD = FIRST[1], LATER[0]
BREAKS = "echo 'int x = ;' >> src/cpu/attention.c"
MENDS = "sed -i '$d' src/cpu/attention.c"
DONE = Step(say="Done.")
SCORES = "    matvec(logits, &weights->tokens, x);\n"
WASTED = "    for (int again = 0; again < 16; again++)\n    " + SCORES
"""What is planted in the target, so that one change is worth so much that no noise hides it."""
SAVES = "sed -i '/again < 16/d; s/^        matvec(logits/    matvec(logits/' src/model.c"


def writes(name: str, value: object) -> Script:
    """A model that writes a file of JSON and says that it is done."""
    text = json.dumps(value, indent=1)
    return Script(steps=(Step(run=f"cat > {name} <<'END'\n{text}\nEND"), DONE))


def proposals(titles: Sequence[str]) -> list[dict[str, object]]:
    told = {act.idea.title: (act.idea.mechanism, act.idea.refuted_by) for act in story().acts}
    told[HELD] = ("The scores of all words are computed again and again, and are the same.",
                  "The scores differ from one time to the next.")  # fmt: skip
    return [
        {"title": title, "mechanism": told[title][0], "evidence": ["S01"],
         "predicted": [0.02, 0.1], "refuted_by": told[title][1]}
        for title in titles
    ]  # fmt: skip


def changes() -> dict[str, Script]:
    """What the model does for each idea, by its title."""
    found = {HELD: Script(steps=(Step(run=SAVES), DONE))}
    for act in story().acts:
        patch = f"git apply <<'PATCH'\n{act.patch.read_text(encoding='utf-8')}PATCH"
        steps = [Step(run=patch), *([Step(run=BREAKS)] if act.idea.title == BROKEN else []), DONE]
        found[act.idea.title] = Script(steps=tuple(steps))
    return found


class Model(ScriptedModel):
    """Knows from the brief which script is meant: a service knows agents by nothing else."""

    def answer(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        return super().answer(path, {**body, "model": _meant(json.dumps(body))}, headers)


def _meant(said: str) -> str:
    if "# Ideas to make" in said:
        return "research"
    if "# What the last wave taught" in said:
        return "analyse"
    if "did not get through" in said:
        return "mend"
    if "# Review of" in said:
        return "hold" if HELD in said.split("# Review of", 1)[1][:200] else "pass"
    titles = (HELD, *(act.idea.title for act in story().acts))
    return next((title for title in titles if f": {title}" in said), "none")


def model() -> Model:
    scripts = changes() | {
        "research": writes("whet-ideas.json", {"ideas": proposals(FIRST)}),
        "analyse": writes("whet-ideas.json", {
            "lesson": "What waits for memory is not helped by fewer instructions.",
            "ideas": proposals(LATER)}),
        "mend": Script(steps=(Step(run=MENDS), DONE)),
        "hold": writes("whet-review.json", {
            "hold": True, "reason": "nobody says why the scores were computed so often"}),
        "pass": writes("whet-review.json", {"hold": False, "reason": ""}),
    }  # fmt: skip
    return Model(Script(steps=(DONE,)), **scripts)


class User:
    """Types commands in a repository, and shows what they print."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {**os.environ, "MODEL_KEY": "sk-none", "COLUMNS": "100"}

    def types(self, *words: str, killed_at: str = "") -> int:
        print(f"$ {' '.join(_quoted(word) for word in words)}", flush=True)
        argv = [sys.executable, "-m", *words] if words[0] == "whet" else list(words)
        process = subprocess.Popen(argv, cwd=self.root, env=self.env, stdin=subprocess.DEVNULL)
        if killed_at:
            self._wait_for(killed_at, process)
            process.send_signal(signal.SIGKILL)
            print("(kill -9)", flush=True)
        code = process.wait()
        print(f"(exit {code})\n" if code else "", flush=True)
        return code

    def _wait_for(self, kind: str, process: "subprocess.Popen[bytes]") -> None:
        before = self.events().count(kind)
        while process.poll() is None and self.events().count(kind) <= before:
            time.sleep(0.05)

    def events(self) -> list[str]:
        found = self.root.glob(".whet/campaigns/*/events.jsonl")
        lines = [line for path in found for line in path.read_bytes().split(b"\n")[:-1]]
        return [json.loads(line)["event"]["type"] for line in lines]


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word or "*" in word else word


def main(folder: Path, agent: str) -> None:
    root = folder / "pebble"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(demo.TARGET, root)
    (root / "whet.toml").unlink()
    model_c = root / "src/model.c"
    model_c.write_text(
        model_c.read_text(encoding="utf-8").replace(SCORES, WASTED), encoding="utf-8"
    )
    user = User(root)
    git = ("git", "-c", "user.name=you", "-c", "user.email=you@example.org")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    (root / ".gitignore").write_text("build/\n", encoding="utf-8")

    def commits(subject: str) -> None:
        subprocess.run(["git", "add", "-A"], cwd=root, check=True)
        subprocess.run([*git, "commit", "-qm", subject], cwd=root, check=True)

    commits("pebble")
    user.types("whet", "init", "--build", "make", "--bench", "build/bench", "--metric", "tok_s",
               "--higher", "--unit", "tok/s", "--checks", "build/tests", "--scope", "src/**",
               "--agent", agent, "--yes")  # fmt: skip
    with model().serving() as served:
        settings = {
            "agent.endpoint": f"{served.url}/v1", "agent.key": "MODEL_KEY",
            "agent.model": "scripted", "agent.review": "true", "run.ideas_per_wave": "2",
            "run.max_waves": "3", "research.offline": "true", "measure.pairs_max": "20",
            "measure.stack_pairs": "4", "judge.suspicious_above": "1000%",
            "goal.min_effect": "20%", "measure.aa_pairs": "6", "measure.max_noise": "100%",
            "run.stop_after_dry_waves": "0",
        }  # fmt: skip
        for key, value in settings.items():
            user.types("whet", "config", "set", key, value)
        commits("Say what whet measures")
        user.types("whet", "run", "--tokens", "15000")
        user.types("whet", "run", "--tokens", "900000", killed_at="experiment.started")
        user.types("whet", "status")
        user.types("whet", "run", "--tokens", "900000")
    for words in (("status",), ("list",), ("why", "E01"), ("ideas", "--all"), ("log",)):
        user.types("whet", *words)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else "goose")
