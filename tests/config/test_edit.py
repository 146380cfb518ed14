import os
import stat
import tomllib

import pytest

from whet.config import edit
from whet.config.load import load
from whet.errors import ConfigError, UserError

FILE = """\
# mine
[goal] # the goal
metric = "p50_ms"   # as printed
min_effect = "1%"  # small

# how it is measured
[bench]
command = "./bench.sh"
env = { A = "1" } # one

[[guard]]
metric = "rss"

[scope]
allow = [
  "src/**", # all of it
]

[[guard]]
metric = "size"
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "whet.toml").write_text(FILE)
    return tmp_path


def loaded(root):
    return load(root, environ={"XDG_CONFIG_HOME": str(root / "none")})


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("goal.min_effect", "3%", '"1%"', '"3%"'),
        ("goal.metric", "p99_ms", '"p50_ms"', '"p99_ms"'),
        ("bench.env.A", "2", '"1"', '"2"'),
        ("guard.1.metric", "bytes", '"size"', '"bytes"'),
        ("guard.0.max_loss", "0.1", 'metric = "rss"\n', 'metric = "rss"\nmax_loss = 0.1\n'),
        ("goal.direction", "higher", "  # small\n", '  # small\ndirection = "higher"\n'),
        ("scope.max_files", "3", '  "src/**", # all of it\n]\n',
         '  "src/**", # all of it\n]\nmax_files = 3\n'),
        ("agent.parallel", "2", 'metric = "size"\n', 'metric = "size"\n\n[agent]\nparallel = 2\n'),
        ("guard.2.metric", "ops", 'metric = "size"\n',
         'metric = "size"\n\n[[guard]]\nmetric = "ops"\n'),
    ],
)  # fmt: skip
def test_setting_a_value_changes_nothing_else(key, value, old, new, root):
    edit.set_value(root, key, value)
    assert (root / "whet.toml").read_text() == FILE.replace(old, new)


def test_the_new_line_is_told(root):
    assert edit.set_value(root, "bench.timeout", "90s") == 'bench.timeout = "90s"'
    assert edit.set_value(root, "scope.allow", "a/**, b/**") == 'scope.allow = ["a/**", "b/**"]'
    assert edit.set_value(root, "scope.modes", "yes") == "scope.modes = true"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("goal.min_effect", "3%"),
        ("goal.target", "20%"),
        ("bench.timeout", "90s"),
        ("run.hours", "30m"),
        ("scope.protect", '["/whet.toml", "a,b/**"]'),
        ("scope.modes", "true"),
        ("measure.pairs_max", "12"),
        ("measure.confidence", "99.9%"),
        ("campaign.title", 'with "quotes" and \\'),
        ("bench.env.LANG", "C"),
        ("judge.best_possible", "1.5"),
    ],
)
def test_a_value_is_got_as_it_can_be_set(key, text, root):
    edit.set_value(root, key, text)
    assert edit.get(loaded(root), key) == text


def test_every_value_shown_can_be_set_again(root):
    before = loaded(root).config
    for row in edit.show(loaded(root)):
        if row.value:
            edit.set_value(root, row.key, row.value)
    assert loaded(root).config == before


def test_a_table_is_shown_key_by_key(root):
    assert edit.get(loaded(root), "bench.env") == "bench.env.A = 1"
    assert edit.get(loaded(root), "guard.1").startswith("guard.1.metric = size\n")


def test_an_empty_table_is_empty(tmp_path):
    (tmp_path / "whet.toml").write_text("goal.metric = 'x'\nbench.command = 'y'\n")
    assert edit.get(loaded(tmp_path), "guard") == edit.get(loaded(tmp_path), "bench.env") == ""


def test_an_unknown_key_gets_a_suggestion(root):
    with pytest.raises(UserError) as caught:
        edit.get(loaded(root), "goal.mteric")
    assert caught.value.hint == "whet config get goal.metric"
    with pytest.raises(UserError) as caught:
        edit.set_value(root, "goal.mteric", "x")
    assert caught.value.hint == "whet config set goal.metric x"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("goal.min_effect", "200%", "is 2, which is 200 %"),
        ("bench.timeout", "soon", "not a duration"),
        ("goal.metric", "", "is empty"),
        ("guard.0.metric", "p50_ms", "as in [goal]"),
        ("guard.2.max_loss", "1%", "[[guard]] 3 has no `metric`"),
        ("guard.4.metric", "x", "comes after a gap"),
        ("measure.pairs_max", "13", "is `13`"),
        ("bench.env.MY_TOKEN", "0123456789abcdef", "looks like a secret"),
    ],
)
def test_a_value_that_cannot_be_is_not_written(key, value, said, root):
    with pytest.raises(UserError) as caught:
        edit.set_value(root, key, value)
    assert said in caught.value.message
    assert (root / "whet.toml").read_text() == FILE


def test_a_file_with_a_mistake_can_be_repaired_by_setting_that_key(root):
    (root / "whet.toml").write_text(FILE.replace('"1%"', '"1000"'))
    edit.set_value(root, "goal.min_effect", "1%")
    assert (root / "whet.toml").read_text() == FILE


def test_pyproject_is_edited_where_the_configuration_is_there(tmp_path):
    text = (
        '[project]\nname = "x" # mine\n\n[tool.whet.goal]\nmetric = "m"\n\n'
        '[tool.whet.bench]\ncommand = "c"\n\n[tool.ruff]\n'
    )
    (tmp_path / "pyproject.toml").write_text(text)
    edit.set_value(tmp_path, "goal.min_effect", "3%")
    new = (tmp_path / "pyproject.toml").read_text()
    assert new == text.replace('metric = "m"\n', 'metric = "m"\nmin_effect = "3%"\n')
    edit.set_value(tmp_path, "agent.parallel", "2")
    assert (tmp_path / "pyproject.toml").read_text() == f"{new}\n[tool.whet.agent]\nparallel = 2\n"


def test_inline_tables_and_dotted_keys_are_edited_in_place(tmp_path):
    (tmp_path / "whet.toml").write_text("goal = {metric = 'm'} # g\nbench.command = 'c'\n")
    edit.set_value(tmp_path, "goal.min_effect", "3%")
    edit.set_value(tmp_path, "bench.warmup", "2")
    text = (tmp_path / "whet.toml").read_text()
    assert "# g\n" in text
    assert tomllib.loads(text) == {
        "goal": {"metric": "m", "min_effect": "3%"},
        "bench": {"command": "c", "warmup": 2},
    }


def test_windows_line_ends_stay(root):
    (root / "whet.toml").write_bytes(FILE.replace("\n", "\r\n").encode())
    edit.set_value(root, "goal.direction", "higher")
    edit.set_value(root, "agent.parallel", "2")
    assert b"\n" not in (root / "whet.toml").read_bytes().replace(b"\r\n", b"")


def test_a_last_line_without_an_end_is_no_trouble(tmp_path):
    (tmp_path / "whet.toml").write_text("bench.command = 'c'\n[goal]\nmetric = 'm'")
    edit.set_value(tmp_path, "goal.unit", "ms")
    assert (tmp_path / "whet.toml").read_text().endswith("metric = 'm'\nunit = \"ms\"\n")


def test_a_link_stays_a_link_and_modes_stay(root):
    (root / "whet.toml").rename(root / "real.toml")
    (root / "real.toml").chmod(0o640)
    (root / "whet.toml").symlink_to("real.toml")
    edit.set_value(root, "goal.unit", "ms")
    assert os.readlink(root / "whet.toml") == "real.toml"  # noqa: PTH115
    assert stat.S_IMODE((root / "real.toml").stat().st_mode) == 0o640
    assert sorted(path.name for path in root.iterdir()) == ["real.toml", "whet.toml"]


def test_set_without_a_file_says_what_to_type(tmp_path):
    with pytest.raises(UserError) as caught:
        edit.set_value(tmp_path, "goal.metric", "x")
    assert caught.value.hint.startswith("whet init")


def test_check_tells_every_complaint(root):
    outside = {"XDG_CONFIG_HOME": str(root / "none")}
    assert edit.check(root, environ=outside) == ()
    (root / "whet.toml").write_text(FILE + "max_loss = 3\nzebra = 1\n")
    assert len(edit.check(root, environ=outside)) == 2


def test_a_broken_file_cannot_be_edited(root):
    (root / "whet.toml").write_text(FILE + "[")
    with pytest.raises(ConfigError, match="the end of the file"):
        edit.set_value(root, "goal.unit", "ms")
