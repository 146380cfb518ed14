"""`whet agents` and `whet doctor --agent`, as a user types them."""

import json
import subprocess
import sys

import pytest

from support.repos import commit, user_git


@pytest.fixture
def say(tmp_path, monkeypatch):
    """A command line in a repository of its own, with a home of its own."""
    root = tmp_path / "project"
    root.mkdir()
    user_git(root, "init", "--quiet")
    commit(root, {"a.txt": "a\n"})
    for name in ("CACHE", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))

    def said(*words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "whet", "-C", str(root), *words],
            capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done

    said.root, said.config = root, tmp_path / "config/whet"
    return said


def own_agent(say, script):
    say.config.mkdir(parents=True, exist_ok=True)
    (say.config / "agents.toml").write_text(
        "[mine]\nprogram = 'sh'\nversion = ['-c', 'echo mine 1.2.3']\nwire = 'chat'\n"
        f"argv = ['sh', '-c', {json.dumps(script)}]\nserved_env = {{ BASE = '{{base}}' }}\n"
    )


def test_agents_are_listed_with_their_versions(say):
    own_agent(say, "true")
    found = {one["name"]: one for one in json.loads(say("agents", "--json").stdout)["agents"]}
    assert len(found) == 12
    assert (found["mine"]["version"], found["mine"]["own"]) == ("1.2.3", True)
    assert "mine" in say("agents").stdout


def test_where_a_table_of_ones_own_lies_is_printed(say):
    assert say("agents", "--path").stdout.strip() == str(say.config / "agents.toml")


def test_the_built_in_agent_passes_its_rehearsal(say):
    said = say("doctor", "--agent", "builtin")
    assert said.stdout.count("✓ the built-in agent made the edit") == 2
    assert "Ready. Next: whet run --agent builtin" in said.stdout


def test_an_agent_that_has_changed_is_not_ready_and_its_last_words_are_shown(say):
    own_agent(say, "echo unknown option --yes >&2; exit 2")
    said = say("doctor", "--agent", "mine", code=3)
    assert "unknown option --yes" in said.stdout
    assert "mine is not ready" in said.stderr
    findings = json.loads(say("doctor", "--agent", "mine", "--json", code=3).stdout)["findings"]
    assert any(one["level"] == "error" for one in findings)


def test_nobody_of_that_name_is_known(say):
    assert "goose" in say("doctor", "--agent", "gose", code=2).stderr


def test_briefs_are_copied_and_never_written_over(say):
    first = say("agents", "--briefs").stdout
    assert ".whet/briefs/implementer.md.j2" in first
    own = say.root / ".whet/briefs/implementer.md.j2"
    own.write_text("mine")
    assert say("agents", "--briefs").stdout == "All are there already\n"
    assert own.read_text() == "mine"
    assert user_git(say.root, "status", "--porcelain") == ""


def test_init_says_where_the_model_of_an_agent_is(say):
    begun = ("init", "--bench", "sh bench.sh", "--metric", "ms", "--lower", "--yes", "--no-briefs",
             "--agent")  # fmt: skip
    asked = say(*begun, "builtin", code=2).stderr
    assert "hint: whet init --agent builtin --set agent.model=" in asked
    say(*begun, "builtin", "--set", "agent.model=big")
    config = say.root / "whet.toml"
    assert 'kind = "builtin"\nendpoint = "http://localhost:11434/v1"' in config.read_text()
    config.unlink()
    url = "http://box:8080/v1"
    say(*begun, "goose", "--set", f"agent.endpoint={url}", "--set", "agent.model=small")
    assert f'name = "goose"\nendpoint = "{url}"\nmodel = "small"' in config.read_text()
