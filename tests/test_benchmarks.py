"""The page of results: every row finds its number in what its script prints."""

import importlib.util
from pathlib import Path

import pytest

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
    page = run.page({"judge.py": "one decision 0.28 ms", "ledger.py": None}, 1.0, quick=True)
    assert "| 0.28 ms |" in page
    assert "## judge.py\n\n```text\none decision 0.28 ms\n```" in page
    assert "## ledger.py\n\nIt failed." in page
    assert "quick" in page
