"""The table of agents: what comes with whet, and the user's own above it."""

import pytest

from whet.agents import table
from whet.agents.choosing import choose
from whet.agents.command import CommandAgent
from whet.agents.table import agents, fill, filled
from whet.errors import ConfigError, NotReady, UserError
from whet.model.config import Agent, Bench, Config, Run
from whet.model.metric import Goal

KNOWN = {"claude", "codex", "gemini", "opencode", "goose", "pi", "mini", "openhands", "aider",
         "copilot", "cursor"}  # fmt: skip


def config(run=None, **agent):
    return Config(goal=Goal(metric="t", direction="lower"), bench=Bench(command="./b"),
                  agent=Agent(**agent), run=run or Run())  # fmt: skip


def own(tmp_path, text):
    path = tmp_path / "agents.toml"
    path.write_text(text)
    return path


def test_eleven_agents_are_known(tmp_path):
    found = agents(tmp_path / "none")
    assert found.keys() == KNOWN
    assert {name for name, entry in found.items() if not entry.can_be_served} == {"cursor"}


def test_every_name_in_a_packaged_text_is_one_that_is_filled_in(tmp_path):
    names = {"model", "served_model", "base", "key", "state", "tree", "calls", "prompt",
             "prompt_file"}  # fmt: skip
    values = dict.fromkeys(names, "X")
    for entry in agents(tmp_path / "none").values():
        lists = {"model_argv": [], "served_argv": []}
        words = filled([*entry.argv, *entry.acp], values, lists)
        words += filled([*entry.model_argv, *entry.served_argv], values)
        words += [fill(text, values) for text in entry.served_env.values()]
        assert [word for word in words if word.startswith("{") and word.endswith("}")] == []


def test_a_users_entry_overrides_keys_and_keeps_the_others(tmp_path):
    path = own(tmp_path, '[goose]\nargv = ["goose", "go"]\n')
    found = table.agent("goose", path)
    assert found.argv == ("goose", "go")
    assert found.parser == "goose"


def test_a_user_adds_an_agent_of_their_own(tmp_path):
    path = own(tmp_path, '[mine]\nprogram = "sh"\nargv = ["sh", "-c", "true"]\n')
    chosen = choose(config(kind="command", name="mine"), tmp_path, "label", own=path)
    assert isinstance(chosen, CommandAgent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mine]\nargv = ['x']", "has no `program`"),
        ("[mine]\nprogram = 'x'", "has neither `argv` nor `acp`"),
        ("[mine]\nprogram = 'x'\nargv = 'x'", "`argv` is not a list of texts"),
        ("[mine]\nprogram = 'x'\nargv = ['x']\nparser = 'xml'", "`parser` is `xml`, not one of"),
        ("[mine]\nprogram = 'x'\nargv = ['x']\ncolour = 'red'", "`colour` is not a key"),
        ("[mine]\nprogram = 'x'\nargv = ['x']\npriced = 1", "`priced` is not true or false"),
        ("[goose]\nenv = ['x']", "`env` is not a table of texts"),
        ("mine = 1", "`mine` is not a table"),
        ("[mine", "cannot be read"),
    ],
)
def test_a_mistake_in_the_users_table_is_one_sentence_with_the_key(tmp_path, text, said):
    with pytest.raises(ConfigError) as raised:
        agents(own(tmp_path, text))
    assert said in raised.value.message
    assert raised.value.hint == "whet agents --path"


def test_what_is_put_into_a_text_is_not_looked_at_again():
    values = {"prompt": "{key} {{ model }}", "key": "SECRET", "model": "m"}
    assert fill("say {prompt} with {model}", values) == "say {key} {{ model }} with m"


def test_an_unknown_agent_names_those_that_are_known(tmp_path):
    with pytest.raises(UserError, match="goose"):
        choose(config(kind="command", name="goos"), tmp_path, "label", own=tmp_path / "none")


def test_one_that_is_not_installed_is_said_before_anything_is_started(tmp_path):
    path = own(tmp_path, '[mine]\nprogram = "no-such-agent"\nargv = ["no-such-agent"]\n')
    with pytest.raises(NotReady, match="not installed"):
        choose(config(kind="command", name="mine"), tmp_path, "label", own=path)


@pytest.mark.parametrize("run", [Run(budget=5.0), Run(wave_budget=5.0)])
def test_a_budget_in_money_needs_a_price(tmp_path, run):
    agent = {"kind": "builtin", "endpoint": "http://localhost:1/v1", "model": "m"}
    with pytest.raises(NotReady, match="tokens cost"):
        choose(config(run, **agent), tmp_path, "label")
    assert choose(config(run, price_read=1.0, price_written=2.0, **agent), tmp_path, "label")


def test_an_empty_key_is_said_by_the_name_of_its_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("NO_KEY", raising=False)
    agent = {"kind": "builtin", "endpoint": "http://localhost:1/v1", "model": "m", "key": "NO_KEY"}
    with pytest.raises(NotReady, match=r"\$NO_KEY"):
        choose(config(**agent), tmp_path, "label")
