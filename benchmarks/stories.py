"""What the scripted model of whole.py says on each target: its ideas, its changes, its verdicts.

A story is played by roles: the researcher proposes the first ideas; one change does not build at
first, and the fixer mends it; the analyst turns elsewhere after a wave; the reviewer asks for a
person on one change. What comes of the changes is measured, not scripted.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from whet import demo
from whet.demo.story import story as demos
from whet.testing.model.script import Script, Step
from whet.testing.model.server import ScriptedModel

DONE = Step(say="Done.")
RECIPES = Path(__file__).resolve().parents[2] / "shared" / "targets"
"""Where recipes of real targets are: `fetch.sh`, a benchmark, checks, patches for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An idea as the model words it, and the command that makes its change."""

    title: str
    mechanism: str
    refuted_by: str
    change: str

    @classmethod
    def patch(cls, title: str, mechanism: str, refuted_by: str, path: Path) -> "Told":
        text = path.read_text(encoding="utf-8")
        return cls(title=title, mechanism=mechanism, refuted_by=refuted_by,
                   change=f"git apply -C1 <<'PATCH'\n{text}PATCH")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One target, and what is said on it.

    `turns` are the ideas of the researcher, then those of each analyst, with what it has learnt.
    """

    name: str
    make: Callable[[Path], None]
    init: tuple[str, ...]
    settings: Mapping[str, str]
    tokens: int
    turns: tuple[tuple[str, tuple[Told, ...]], ...]
    broken: str
    breaks: str
    mends: str
    held: str
    hold: str

    def model(self) -> ScriptedModel:
        """Knows from the brief which script is meant: a service knows agents by nothing else."""
        told = [one for _, ideas in self.turns for one in ideas]
        scripts = {one.title: self._change(one) for one in told}
        scripts |= {
            f"turn {number}": _writes("whet-ideas.json", _proposals(lesson, ideas))
            for number, (lesson, ideas) in enumerate(self.turns)
        }
        scripts |= {
            "mend": Script(steps=(Step(run=self.mends), DONE)),
            "hold": _writes("whet-review.json", {"hold": True, "reason": self.hold}),
            "pass": _writes("whet-review.json", {"hold": False, "reason": ""}),
        }
        return _Model(self, scripts)

    def _change(self, told: Told) -> Script:
        broken = [Step(run=self.breaks)] if told.title == self.broken else []
        return Script(steps=(Step(run=told.change), *broken, DONE))

    def meant(self, said: str) -> str:
        """The name of the script for a request, by what its brief says."""
        if "# Ideas to make" in said:
            return "turn 0"
        if "# What the last wave taught" in said:
            later = range(1, len(self.turns))
            return next((f"turn {n}" for n in later if self.turns[n][1][0].title not in said), "")
        if "did not get through" in said:
            return "mend"
        if "# Review of" in said:
            return "hold" if self.held in said.split("# Review of", 1)[1][:200] else "pass"
        titles = (one.title for _, ideas in self.turns for one in ideas)
        return next((title for title in titles if f": {title}" in said), "")


class _Model(ScriptedModel):
    def __init__(self, story: Story, scripts: Mapping[str, Script]) -> None:
        super().__init__(Script(steps=(DONE,)), **scripts)
        self._story = story

    def answer(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        meant = self._story.meant(json.dumps(body))
        return super().answer(path, {**body, "model": meant}, headers)


def _writes(name: str, value: object) -> Script:
    text = json.dumps(value, indent=1)
    return Script(steps=(Step(run=f"cat > {name} <<'END'\n{text}\nEND"), DONE))


def _proposals(lesson: str, ideas: Sequence[Told]) -> dict[str, object]:
    found = [
        {"title": one.title, "mechanism": one.mechanism, "evidence": ["S01"],
         "predicted": [0.02, 0.1], "refuted_by": one.refuted_by}
        for one in ideas
    ]  # fmt: skip
    return {"ideas": found, **({"lesson": lesson} if lesson else {})}


# pebble, the target of the demo

_SCORES = "    matvec(logits, &weights->tokens, x);\n"
_WASTED = "    for (int again = 0; again < 16; again++)\n    " + _SCORES
"""What is planted in the target, so that one change is worth so much that no noise hides it."""
_USUAL = {
    "agent.key": "MODEL_KEY", "agent.model": "scripted", "agent.review": "true",
    "run.ideas_per_wave": "2", "run.max_waves": "3", "run.stop_after_dry_waves": "0",
    "research.offline": "true",
}  # fmt: skip


def _pebble(root: Path) -> None:
    shutil.copytree(demo.TARGET, root)
    (root / "whet.toml").unlink()
    source = root / "src/model.c"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace(_SCORES, _WASTED), encoding="utf-8")
    (root / ".gitignore").write_text("build/\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)


def _act(title: str) -> Told:
    act = next(act for act in demos().acts if act.idea.title == title)
    return Told.patch(title, act.idea.mechanism, act.idea.refuted_by, act.patch)


def pebble(_: Path = RECIPES) -> Story:
    """A program of 800 lines that comes with whet; most of its changes are worth nothing here."""
    once = Told(
        title="Score the words once",
        mechanism="The scores of all words are computed again and again, and are the same.",
        refuted_by="The scores differ from one time to the next.",
        change="sed -i '/again < 16/d; s/^        matvec(logits/    matvec(logits/' src/model.c",
    )
    first = ("Norm and weight in one pass", "One pass over keys and values",
             "Prefetch the next row of weights", "Unroll the dot product by four")  # fmt: skip
    return Story(
        name="pebble",
        make=_pebble,
        init=("--build", "make", "--bench", "build/bench", "--metric", "tok_s", "--higher",
              "--unit", "tok/s", "--checks", "build/tests", "--scope", "src/**"),
        settings={
            **_USUAL, "measure.pairs_max": "20", "measure.stack_pairs": "4",
            "judge.suspicious_above": "1000%", "goal.min_effect": "20%", "measure.aa_pairs": "6",
            "measure.max_noise": "100%",
        },
        tokens=15000,
        turns=(
            ("", tuple(_act(title) for title in first)),
            ("What waits for memory is not helped by fewer instructions.",
             (once, _act("Mask and maximum in one pass"))),
        ),
        broken=first[1],
        breaks="echo 'int x = ;' >> src/cpu/attention.c",
        mends="sed -i '$d' src/cpu/attention.c",
        held=once.title,
        hold="nobody says why the scores were computed so often",
    )  # fmt: skip


# cmark, with the patches of known effect


def _cmark(recipe: Path, root: Path) -> None:
    subprocess.run(["bash", str(recipe / "fetch.sh"), str(root)], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    (root / "whet").mkdir()
    for name in ("bench_cmark.py", "checks.sh", "diffcheck.py"):
        shutil.copy(recipe / name, root / "whet" / name)


def cmark(recipes: Path = RECIPES) -> Story:
    """CommonMark in C, 17,000 lines; `truth.json` beside the patches says what each is worth."""
    recipe = recipes / "cmark"

    def told(title: str, mechanism: str, refuted_by: str, name: str) -> Told:
        return Told.patch(title, mechanism, refuted_by, recipe / "patches" / name)

    usual = told(
        "Tell the compiler which branches are usual",
        "Escaping asks after every run of plain bytes whether there was one, and there was.",
        "The branch is predicted well already.",
        "03-noise-branch-hints.patch",
    )
    exact = told(
        "Grow buffers to what is needed",
        "Half of what is allocated is never written, and takes room in the cache.",
        "More calls of realloc cost more than the room.",
        "04-slow-exact-growth.patch",
    )
    leave = told(
        "Leave the tree to the operating system",
        "The process ends after the document is printed; freeing node by node walks all of it.",
        "Freeing takes no time that can be measured.",
        "02-win-no-free-at-exit.patch",
    )
    skip = told(
        "Skip sixteen plain bytes at once",
        "Most bytes of prose mean nothing to the parser, and each is looked up by itself.",
        "Runs of plain bytes are too short for vectors.",
        "01-win-sse2-scan.patch",
    )
    search = told(
        "Search eleven characters instead of a table",
        "A table of 256 bytes takes four lines of the cache, eleven characters take one.",
        "The table stays in the cache anyway.",
        "12-slow-special-lookup.patch",
    )
    return Story(
        name="cmark",
        make=partial(_cmark, recipe),
        init=("--bench", "python3 whet/bench_cmark.py . --only spec --reps 7 --fresh",
              "--metric", "ms_spec", "--lower", "--unit", "ms", "--adapter", "json:ms_spec@min",
              "--checks", "bash whet/checks.sh $WHET_BASELINE ."),
        settings={**_USUAL, "goal.min_effect": "1%", "measure.stack_pairs": "8"},
        tokens=20000,
        turns=(
            ("", (usual, exact)),
            ("Neither branches nor allocations bound it; bytes are read one by one, and freed so.",
             (skip, leave)),
            ("What walks over fewer bytes helps; look at how each byte is classified.", (search,)),
        ),
        broken=exact.title,
        breaks="echo 'int x = ;' >> src/buffer.c",
        mends="sed -i '$d' src/buffer.c",
        held=leave.title,
        hold="src/main.c line 208 no longer frees the document: who copies this into a loop leaks",
    )  # fmt: skip


STORIES: Mapping[str, Callable[[Path], Story]] = {"pebble": pebble, "cmark": cmark}
