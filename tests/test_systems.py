"""The table of systems: every preset has a row, and the page is made of what was measured."""

import importlib
import tomllib
from pathlib import Path

import pytest

from whet.config.presets import names, preset

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

pytestmark = pytest.mark.skipif(not BENCHMARKS.exists(), reason="an sdist has no benchmarks")


@pytest.fixture
def systems(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("systems")


def test_every_preset_is_a_system(systems):
    assert [system.preset for system in systems.systems()] != []
    assert {system.preset for system in systems.systems()} == set(names())


def test_the_page_is_the_one_that_is_written(systems):
    told = [(system, systems.known(system.name)) for system in systems.systems()]
    if not any(record for _, record in told):
        pytest.skip("no system was measured yet: python benchmarks/systems.py NAME --source FOLDER")
    assert systems.PAGE.read_text() == systems.page(told)


def test_a_system_was_measured_or_says_why_not(systems):
    for system in systems.systems():
        assert bool(system.why_not) != bool(systems.known(system.name)), system.name


def test_what_is_set_is_a_key_of_the_preset_or_of_the_configuration(systems):
    for system in systems.systems():
        written = tomllib.loads(preset(system.preset).text)
        for key in system.settings:
            if key.startswith("bench.env."):
                assert key.rpartition(".")[2] in written["bench"]["env"], key


def test_a_measured_system_has_what_was_said_in_its_row(systems):
    said = {"estimate": -0.051, "ci": [-0.06, -0.04], "answer": "slower"}
    record = {
        "machine": "2 cores", "whet": "0.1.0", "date": "2026-11-22", "seconds": 61, "pairs": 12,
        "planted": 0.052, "same": {"estimate": 0.001, "ci": [-0.01, 0.012],
        "answer": "no_difference"}, "slow": said, "doctor": "ready after 3 min",
        "tried": [{"verdict": "discarded", "why": why} for why in ("no gain", "slower")],
    }  # fmt: skip
    text = systems.page([(systems.read("sqlite"), record), (systems.read("vllm"), None)])
    assert "| yes | 61 s | +5.2% | +0.1% [-1.0%, +1.2%], no difference | discarded |" in text
    assert "| -5.1% [-6.0%, -4.0%], slower | discarded |" in text
    assert text.count("| no: ") == 1


def test_a_place_that_is_not_there_once_is_refused(systems, tmp_path):
    with pytest.raises(SystemExit, match="once"):
        systems.replaced(tmp_path, "a a", {"find": "a", "put": "b"})
    assert systems.replaced(tmp_path, "a", {"find": "a", "put": "b"}) == "b"
