"""Projects that are known: their configurations are valid, and found where they belong."""

import subprocess

import pytest

from whet.api.starting import initialise, look, presets
from whet.config.load import load
from whet.config.presets import names, preset
from whet.config.start import Answers
from whet.errors import UserError

KNOWN = names()


def repository(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("text\n")
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


def signs(name):
    return [sign.split("|")[0] for sign in preset(name).signs]


def test_every_system_of_the_method_is_known():
    assert set(KNOWN) >= {
        "llama.cpp", "ggml", "whisper.cpp", "vllm", "sglang", "tensorrt-llm", "valkey", "redis",
        "postgresql", "cpython", "sqlite", "liquid", "autoresearch",
    }  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_a_preset_is_taken_in_its_own_project(name, tmp_path):
    root = repository(tmp_path, *signs(name))
    seen = look(root, named=name if name == "autoresearch" else "")
    assert seen.preset is not None
    assert seen.preset.name == name
    begun = initialise(root, Answers(), seen.preset)
    assert begun.path.read_text() == preset(name).text
    assert begun.text.startswith("# ")
    assert load(root).config.goal.metric in begun.text


@pytest.mark.parametrize("name", KNOWN)
def test_a_preset_protects_its_configuration_and_does_not_protect_all(name, tmp_path):
    root = repository(tmp_path, *signs(name))
    initialise(root, Answers(), preset(name))
    scope = load(root).config.scope
    assert "/whet.toml" in scope.protect
    assert scope.allow != ("**",)


@pytest.mark.parametrize("missing", range(2))
def test_a_preset_needs_all_of_its_signs(missing, tmp_path):
    paths = signs("sqlite")
    del paths[missing]
    assert look(repository(tmp_path, *paths, "bench.sh")).preset is None


def test_either_of_two_signs_is_enough(tmp_path):
    root = repository(tmp_path, "vllm/__init__.py", "benchmarks/benchmark_throughput.py")
    seen = look(root)
    assert seen.preset is not None
    assert seen.preset.name == "vllm"


def test_what_the_user_says_is_stronger_than_a_preset(tmp_path):
    root = repository(tmp_path, *signs("sqlite"))
    answers = Answers(bench="./mine.sh", metric="p50_ms")
    seen = look(root, answers)
    assert seen.preset is None
    assert "./mine.sh" in initialise(root, answers, seen.preset).text


def test_an_earlier_loop_is_stronger_than_a_preset(tmp_path):
    root = repository(tmp_path, *signs("sqlite"), ".auto/measure.sh")
    assert look(root).preset is None
    named = look(root, named="sqlite").preset
    assert named is not None


def test_a_preset_and_answers_together_are_refused(tmp_path):
    root = repository(tmp_path, *signs("sqlite"))
    with pytest.raises(UserError, match="says all of this already"):
        look(root, Answers(metric="p50_ms"), named="sqlite")


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("sqlit", "sqlite"), ("llamacpp", "llama.cpp"), ("VLLM", "vllm"), ("zzz", "whet presets")],
)
def test_an_unknown_preset_names_a_near_one(wrong, hint):
    with pytest.raises(UserError) as caught:
        preset(wrong)
    assert hint in str(caught.value.hint)


def test_every_preset_says_what_it_measures():
    assert [each.name for each in presets()] == list(KNOWN)
    assert all(each.about and each.title for each in presets())


@pytest.mark.parametrize("name", KNOWN)
def test_a_preset_names_others_worth_reading(name, tmp_path):
    root = repository(tmp_path, *signs(name))
    initialise(root, Answers(), preset(name))
    research = load(root).config.research
    assert research.forks or research.competitors
