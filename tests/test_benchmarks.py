"""The page of results: every row finds its number in what its script prints."""

import importlib
import importlib.util
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from whet.proof.result import OnMachine, Proof
from whet.testing.noise import MACHINES, Machine
from whet.testing.weather import Weather
from whet.trial.wire import encode

FOLDER = Path(__file__).parent.parent / "benchmarks"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="an sdist has no benchmarks")


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("benchmarks_run", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def line(run, text, **row):
    given = {"what": "it", "script": "x.py", "pattern": r"^it (\d+) s", "unit": "s"} | row
    return list(run.table_line(run.Row(**given), {"x.py": text}))


def test_the_largest_number_is_held_against_the_goal(run):
    assert line(run, "it 2 s\nit 3 s", goal=3) == ["| it | 3 s | below 3 s | no |  |"]
    assert line(run, "it 2 s", goal=3) == ["| it | 2 s | below 3 s | yes |  |"]
    assert line(run, "it 2 s", goal=2, least=True) == ["| it | 2 s | at least 2 s | yes |  |"]
    assert line(run, "it 2 s") == ["| it | 2 s |  |  |  |"]


@pytest.mark.parametrize("text", ["it took ages", "", None])
def test_a_script_that_says_nothing_known_was_not_measured(run, text):
    assert line(run, text, goal=3) == ["| it | not measured | below 3 s |  |  |"]


def test_every_row_belongs_to_a_script_that_is_run(run):
    assert {row.script for row in run.ROWS} <= run.SCRIPTS.keys()
    assert [name for name in run.SCRIPTS if not (FOLDER / name).exists()] == []


def test_the_page_holds_the_table_and_what_was_printed(run):
    page = run.page(
        {"judge.py": "one decision after 40 pairs 0.28 ms", "ledger.py": None}, 1.0, quick=True
    )
    assert "| 0.28 ms |" in page
    assert "## judge.py\n\n```text\none decision after 40 pairs 0.28 ms\n```" in page
    assert "## ledger.py\n\nIt failed." in page
    assert "quick" in page


@pytest.fixture
def named(monkeypatch):
    """A benchmark by its name, which may import what lies beside it."""
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module


def test_the_recipe_keeps_what_helps_on_a_machine_without_noise_and_claims_what_is_true(named):
    still = Machine(
        name="still", wander=0.0, wander_memory=0.0, launch=0.0, jitter=1e-9, outlier_share=0.0,
        outlier=0.0,
    )  # fmt: skip
    played = named("recipe").Recipe(Weather(still, 1)).play([0.2, -0.1, 0.1])
    assert played.kept == [0, 2]
    assert played.claimed == pytest.approx(math.log(1.2 * 1.1), abs=1e-6)
    assert played.paid == 5 + 15 + 5 + 15


def test_the_recipe_trusts_no_block_that_is_not_steady(named):
    played = named("recipe").Recipe(Weather(replace(MACHINES["noisy"], jitter=0.5), 1)).play([0.2])
    assert (played.kept, played.paid) == ([], 5 + 4 * 5)


def test_the_page_of_promises_says_what_was_kept_and_what_was_not(named, tmp_path, monkeypatch):
    promises = named("promises")
    monkeypatch.setattr(promises, "KEPT_AS", tmp_path)
    row = {"seed": 1, "candidates": 100, "kept": 3, "invocations": 500}
    (tmp_path / "same-quiet.json").write_text(json.dumps([row]))
    page = promises.page()
    assert "| quiet | 100 | 3 | 0.6% to 8.5% | 5.0 | 8 | **no** |" in page
    assert "mixed" not in page


def test_a_campaign_of_promises_counts_every_invocation_it_paid_for(named):
    state, paid = named("promises").campaign(MACHINES["quiet"], 1, [0.1, 0.0], alone=True)
    assert [one.verdict.kind for one in state.experiments.values()] == ["kept", "discarded"]
    calibration = next(iter(state.calibrations.values()))
    least = 2 * len(calibration.outcome.pairs) + max(
        len(one.outcome.pairs) for one in state.experiments.values()
    )
    assert paid > least


def test_patches_of_the_real_programs_change_one_number_and_keep_their_size(named, tmp_path):
    real = named("real")
    texts = [Path(real.patch(tmp_path, number)).read_text() for number in range(3)]
    assert len({len(text) for text in texts}) == 1
    assert len(set(texts)) == 3
    assert "+#define STEPS 11615\n" in texts[1]


def test_a_proof_goes_on_from_the_machines_that_were_proved_before(named, tmp_path, monkeypatch):
    prove = named("prove")
    monkeypatch.setattr(prove, "KEPT_AS", tmp_path)
    assert prove.known("mixed") is None
    for machine, seconds in (("cloud", 2.0), ("quiet", 1.0)):
        one = OnMachine(machine=machine, noise=0.01, rows=(), stacks=(), tried=())
        made = Proof(candidates=60, seeds=(1,), mix="mixed", effect=None, min_effect=0.02,
                     machines=(one,), sandbox="none", version="0", seconds=seconds)  # fmt: skip
        (tmp_path / f"mixed-{machine}.json").write_text(encode(made))
    (tmp_path / "mixed-noisy.json").write_text("{")
    found = prove.known("mixed")
    assert [one.machine for one in found.machines] == ["quiet", "cloud"]
    assert found.seconds == 3.0
    assert prove.kept("mixed", "noisy") is None
