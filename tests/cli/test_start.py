"""`whet start`: from a repository to a campaign in one line."""

import json

import pytest

from support.repos import commit
from support.typing_in import target
from whet.cli.exit import run
from whet.ledger import log


@pytest.fixture
def theirs(tmp_path):
    return target(tmp_path / "theirs")


def faster(folder):
    """An agent that makes the target faster."""
    path = folder / "agent.sh"
    path.write_text("#!/bin/sh\necho 130 > speed\n")
    path.chmod(0o755)
    return str(path)


def test_one_line_brings_a_project_from_its_url_to_its_first_verdict(say, theirs, tmp_path):
    (theirs / "whet.toml").unlink()
    commit(theirs)
    arguments = ["start", str(theirs), "--dir", "work", "--goal", "20 % more op/s", "--quick",
                 "--bench", "./bench.sh", "--metric", "ops", "--higher", "--checks", "./check.sh",
                 "--agent", faster(tmp_path), "--experiments", "1", "-y",
                 "--set", "research.before_run=false"]  # fmt: skip
    idle = say(tmp_path, *arguments)
    assert idle.code == 3, idle.err  # nothing to do yet: no idea in the queue
    assert "whet ideas add" in idle.err
    assert say(tmp_path / "work", "ideas", "add", "raise the speed").code == 0
    said = say(tmp_path, *arguments)
    assert "Took up local/theirs" in said.err
    events = list(log.read(next((tmp_path / "work/.whet/campaigns").iterdir())))
    opened = events[0]
    assert opened.config.campaign.title == "20 % more op/s"
    assert opened.config.goal.target == pytest.approx(0.2)
    assert [event.verdict.kind for event in events if hasattr(event, "verdict")] == ["kept"]


def test_without_an_agent_it_ends_when_all_is_ready(say, theirs, tmp_path):
    said = say(tmp_path, "start", "theirs", "--dir", "work", "--quick", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["ready"] is True
    assert "whet run -C work --agent NAME" in said.err
    assert not (tmp_path / "work/.whet/campaigns").exists()


def test_an_unconfigured_project_is_set_up(say, theirs, tmp_path):
    (theirs / "whet.toml").unlink()
    commit(theirs)
    said = say(tmp_path, "start", "theirs", "--dir", "work", "--quick", "--bench", "./bench.sh",
               "--metric", "ops", "--higher", "--checks", "./check.sh")  # fmt: skip
    assert said.code == 0, said.err + said.out
    assert "Wrote whet.toml" in said.err
    assert 'metric = "ops"' in (tmp_path / "work/whet.toml").read_text()


def test_what_is_no_repository_is_a_mistake_of_the_user(say, tmp_path):
    said = say(tmp_path, "start", "ext::sh -c id")
    assert (said.code, "hint:" in said.err) == (2, True)
    assert run(["start", "--help"]) == 0


def test_init_shows_what_was_typed_in_the_place_of_what_was_found(say, theirs):
    (theirs / "whet.toml").unlink()
    commit(theirs)
    said = say(theirs, "init", "--bench", "./bench.sh --long", "--metric", "ops", "--higher",
               "--checks", "./check.sh --all", "--scope", "speed", "--dry-run")  # fmt: skip
    assert said.code == 0, said.err
    shown = said.out.partition("# What whet")[0]
    for row in ("Benchmark  ./bench.sh --long", "Checks     ./check.sh --all",
                "Goal       ops, higher is better", "May change speed"):  # fmt: skip
        assert f"  {row}\n" in shown
