"""What lies in examples/ fits together; running it takes an hour and a compiler."""

import runpy
import struct
import tomllib
from pathlib import Path

LLAMA = Path(__file__).parents[1] / "examples" / "llama.cpp"
PLAN = tomllib.loads((LLAMA / "ideas.toml").read_text(encoding="utf-8"))


def test_every_idea_of_the_llama_campaign_has_a_patch_and_a_part_and_no_patch_is_left_over():
    patches = {path.stem for path in (LLAMA / "patches").iterdir()}
    assert patches == {idea["patch"] for idea in PLAN["ideas"]}
    assert {idea["part"] for idea in PLAN["ideas"]} == set(PLAN["parts"])
    assert len({idea["title"] for idea in PLAN["ideas"]}) == len(PLAN["ideas"])


def test_patches_of_the_llama_campaign_say_how_many_lines_they_have():
    for path in sorted((LLAMA / "patches").iterdir()):
        text = path.read_text(encoding="utf-8")
        for hunk in text.split("\n@@ -")[1:]:
            head, _, body = hunk.partition("\n")
            before, after = (int(side.split(",")[1]) for side in head.split(" @@")[0].split(" +"))
            lines = body.split("\ndiff --git")[0].rstrip("\n").split("\n")
            assert sum(not line.startswith("+") for line in lines) == before, path.name
            assert sum(not line.startswith("-") for line in lines) == after, path.name


def test_the_model_of_the_llama_campaign_is_as_long_as_its_tensors_say(tmp_path):
    script = runpy.run_path(str(LLAMA / "make_model.py"))
    shape = script["Shape"](layers=1, width=256, heads=4, groups=2, inner=256, words=512)
    path = tmp_path / "model.gguf"
    script["write"](shape, path)
    data = path.read_bytes()
    assert struct.unpack("<4sIQQ", data[:24]) == (b"GGUF", 3, 12, 20)
    weights = sum(script["_padded"](tensor.size) for tensor in script["_tensors"](shape))
    assert 0 < len(data) - weights < 32_000
