"""`whet presets`, `whet init --preset`."""

import json
import subprocess

from whet.config.presets import names, preset


def test_presets_are_listed_with_what_they_measure(say, tmp_path):
    listed = json.loads(say(tmp_path, "presets", "--json").out)["presets"]
    assert [each["name"] for each in listed] == list(names())
    shown = say(tmp_path, "presets").out
    assert all(each["about"] in shown for each in listed)


def test_one_preset_is_printed_as_it_would_be_written(say, tmp_path):
    assert say(tmp_path, "presets", "sqlite").out.strip() == preset("sqlite").text.strip()


def test_a_preset_is_written_where_it_is_named(say, tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    said = say(tmp_path, "init", "--preset", "llama.cpp")
    assert "whet config set bench.env.MODEL" in said.out
    assert (tmp_path / "whet.toml").read_text() == preset("llama.cpp").text


def test_an_unknown_preset_is_a_mistake_of_the_user(say, tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    said = say(tmp_path, "init", "--preset", "sqlit")
    assert said.code == 2
    assert (
        "hint: `whet init --preset sqlite`" in said.err or "whet init --preset sqlite" in said.err
    )
    assert not (tmp_path / "whet.toml").exists()
