"""Putting whet into other programs' configuration: what else is in there stays as it was."""

import json
import os
import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from support.typing_in import refused
from whet.api.clients import CLIENTS, Client, edit, write
from whet.config import jsonc

PATH, ENTRY = ("mcpServers", "whet"), {"command": "whet", "args": ["mcp"]}
GOOSE = "# mine\nextensions:\n  developer:\n    enabled: true  # keep\nGOOSE_MODE: auto\n"
CODEX = '# mine\nmodel = "m"  # keep\n\n[mcp_servers.other]\ncommand = "x"\n'

TEXTS = [
    "{}\n",
    '{"a":1}',
    '{\n  "a": 1\n}\n',
    '{\n  // first\n  "a": 1, // last\n}\n',
    '{\n\t"mcpServers": {\n\t\t"x": {"command": "y"}\n\t},\n\t"z": [1, 2]\n}\n',
    '{"mcpServers": {"x": {"c": 1}}, "b": "// no comment"}',
    '{\n  "mcpServers": {\n    "x": {} // keep\n  }\n}\n',
    '{\r\n  "a": "\\u00e9 \\"{"\r\n}\r\n',
]


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home/config"))


@pytest.mark.parametrize("text", TEXTS)
def test_an_entry_that_is_put_in_and_taken_out_leaves_every_byte_as_it_was(text):
    after = jsonc.put(text, PATH, ENTRY)
    assert '"args"' in after
    assert jsonc.put(after, PATH, ENTRY) == after
    assert jsonc.take(after, PATH) == text


@given(st.dictionaries(st.text(max_size=5), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner,
                                                                max_size=3), max_leaves=8)),
       st.sampled_from([None, 2, "\t"]))  # fmt: skip
def test_any_document_keeps_what_it_says(document, indent):
    document.pop("mcpServers", None)
    text = json.dumps(document, indent=indent)
    after = jsonc.put(text, PATH, ENTRY)
    assert json.loads(after) == {**document, "mcpServers": {"whet": ENTRY}}
    assert json.loads(jsonc.take(after, PATH)) == document


@pytest.mark.parametrize(
    "text", ["[1]", '{"a":}', '{"a" 1}', '{"a":1} x', '{"a":1', "{a:1}", '{"mcpServers": 3}',
             '{"a": ' + "[" * 500]
)  # fmt: skip
def test_what_is_no_json_is_refused(text):
    with pytest.raises(jsonc.Malformed):
        jsonc.put(text, PATH, ENTRY)


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_gets_its_entry_once_and_loses_it_again(root, name):
    first = edit(root, name)
    assert write(first)
    text = first.path.read_text()
    for part in ("whet", "mcp"):
        assert part in text
    client: Client = first.client
    readers = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
    found = readers[client.form](text)
    assert found[client.keys[0]]["whet"]
    assert not write(edit(root, name))
    assert first.path.read_text() == text
    assert write(edit(root, name, uninstall=True))
    assert not first.path.exists() or "whet" not in first.path.read_text()


@pytest.mark.parametrize(("name", "text"), [("goose", GOOSE), ("codex", CODEX)])
def test_comments_and_order_of_others_stay(root, name, text):
    path = edit(root, name).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    assert write(edit(root, name))
    after = path.read_text()
    assert [line for line in text.splitlines() if line not in after.splitlines()] == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert write(edit(root, name, uninstall=True))
    assert path.read_text() == text


def test_a_link_to_a_file_elsewhere_stays_a_link(root, tmp_path):
    kept = tmp_path / "dotfiles.json"
    kept.write_text("{}\n")
    (root / ".mcp.json").symlink_to(kept)
    assert write(edit(root, "claude"))
    assert (root / ".mcp.json").is_symlink()
    assert "whet" in kept.read_text()


@pytest.mark.parametrize(
    ("name", "text"),
    [("claude", '{"mcpServers": {'), ("codex", "[mcp_servers\n"), ("goose", "a: [\n"),
     ("opencode", '{"mcp": []}'), ("goose", "- a list\n"), ("codex", "mcp_servers = 3\n")],
)  # fmt: skip
def test_a_malformed_file_is_named_and_stays_as_it_is(say, root, name, text):
    path = edit(root, name).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    refused(say(root, "mcp", "install", name), 2, "is malformed, so nothing was written")
    assert path.read_text() == text
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(f".{path.name}")] == []


def test_printing_shows_the_change_and_writes_nothing(say, root):
    answer = say(root, "mcp", "install", "cursor", "--print")
    assert '+    "whet": {' in answer.out
    assert not (root / ".cursor").exists()
    assert say(root, "mcp", "install", "cursor").out == answer.out
    assert "is already in .cursor/mcp.json" in say(root, "mcp", "install", "cursor").out


def test_who_is_not_known_or_speaks_no_mcp_is_told_what_to_do(say, root):
    refused(say(root, "mcp", "install", "cluade"), 2, "no client is called", "install claude")
    refused(say(root, "mcp", "install", "pi"), 2, "speaks no MCP", "whet skill install")
    refused(say(root, "mcp", "install", "vscode", "--user"), 2, "for all projects")
    assert "goose" in say(root, "mcp", "install").out


def test_a_home_of_its_own_is_respected(root, tmp_path, monkeypatch):
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    assert edit(root, "codex", user=True).path == tmp_path / "codex/config.toml"
    assert str(edit(root, "goose").path).startswith(os.environ["XDG_CONFIG_HOME"])
