"""The skill and the plugin's manifests: one source, valid by their specifications."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
import yaml

from support.typing_in import refused
from whet.api.skilling import FOLDERS, text

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("plugin_generate", ROOT / "plugin/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_copy_and_manifest_says_what_its_source_says(generator, capsys):
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_the_skill_is_valid(generator):
    _, head, body = text().split("---\n", 2)
    about = yaml.safe_load(head)
    assert about["name"] == "whet"
    assert re.fullmatch(r"[a-z0-9-]{1,64}", about["name"])
    assert 0 < len(about["description"]) <= 1024
    assert set(about) <= {"name", "description", "license", "compatibility", "metadata"}
    assert len(about["compatibility"]) <= 500
    assert len(body) < 5000


def test_every_command_of_the_skill_exists():
    from support.typing_in import can_be_typed

    for line in re.findall(r"`(whet [^`]*)`", text()):
        can_be_typed(f"`{line}`")


def test_manifests_are_valid(generator):
    files = generator.wanted()
    documents = {path: json.loads(said) for path, said in files.items() if path.endswith(".json")}
    plain = documents["plugin/plugin.json"]
    assert plain["$schema"].startswith("https://agent-plugins.org/schemas/")
    for path, one in documents.items():
        if path.endswith("plugin.json"):
            assert re.fullmatch(r"[a-z0-9-]+", one["name"])
            assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])
            for key in ("skills", "mcpServers"):
                assert (ROOT / "plugin" / one.get(key, ".")).exists()
        if path.endswith("marketplace.json"):
            (plugin,) = one["plugins"]
            source = plugin["source"]
            place = source if isinstance(source, str) else source["path"]
            assert (ROOT / place / "plugin.json").is_file()
    assert documents["plugin/gemini-extension.json"]["mcpServers"]["whet"]["command"] == "whet"


def test_the_skill_is_installed_where_agents_look_once(say, root):
    said = say(root, "skill", "install")
    assert said.out.split() == [f"{folder}/SKILL.md" if n % 2 == 0 else "written"
                                for folder in FOLDERS for n in (0, 1)]  # fmt: skip
    assert {(root / folder / "SKILL.md").read_text() for folder in FOLDERS} == {text()}
    assert say(root, "skill", "install").out == "It is there already\n"
    assert say(root, "skill", "install", "--uninstall").code == 0
    assert [folder for folder in FOLDERS if (root / folder).exists()] == []


def test_a_skill_of_that_name_that_is_not_ours_stays(say, root):
    other = root / ".claude/skills/whet/SKILL.md"
    other.parent.mkdir(parents=True)
    other.write_text("---\nname: knife\n---\n")
    refused(say(root, "skill", "install"), 2, "is not whet's", "mv ")
    assert other.read_text() == "---\nname: knife\n---\n"
    assert not (root / ".agents").exists()
