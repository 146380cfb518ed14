"""Whatever is in the file, the answer is a configuration or a sentence, never a traceback."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from whet.config import edit
from whet.config.keys import known, tables
from whet.config.load import load
from whet.errors import ConfigError, WhetError

NAMES = sorted({key.name for key in known().values()} | set(tables()) | {"metrc", "x y", "é", "_"})
VALUES = [
    '"p50"', "'a'", '""', "5", "-1", "0", "1.5", "inf", "nan", "true", "[]", "{}", '["a", 1]',
    '["src/**"]', "[[1], [2]]", "{a = 1}", "[{a = 1}]", '[{metric = "m"}]', "2026-01-01",
    "2026-01-01T10:00:00Z", "10:00:00", '"2%"', '"15m"', '"\\u0000"', '"sk-abcdefghijklmnopqrst"',
    '"""a\nb"""', "0x" + "f" * 5000, "1" + "0" * 4000, '"..//"', '"command"', '"json:"', '"0-1"',
    "tru", "[", '"', "[" * 200,
]  # fmt: skip
HEADERS = [f"[{name}]" for name in tables()] + [f"[[{name}]]" for name in tables()]
ODD = ["[", "[[", "]", "= 1", "a.b.c = 1", "[goal.metric]", "[bench.env]", "\x00", "\r", "#",
       "\ufeff", "[tool.whet]", "goal.metric.x = 1", "guard = 3", "[[guard]]", "[guard.0]",
       ]  # fmt: skip

assignments = st.builds("{} = {}".format, st.sampled_from(NAMES), st.sampled_from(VALUES))
lines = st.one_of(
    assignments, assignments, st.sampled_from(HEADERS), st.sampled_from(ODD), st.text(max_size=12)
)
files = st.lists(lines, max_size=12).map("\n".join)
KEYS = st.one_of(
    st.sampled_from(sorted(known())).map(lambda pattern: pattern.replace("*", "0")),
    st.sampled_from(["guard.7.metric", "bench.env.A.B", "workers.1.name", "goal", "", "guard.x.y"]),
    st.text(max_size=10),
)
WORDS = st.one_of(st.text(max_size=10), st.sampled_from(VALUES))


def project(text: str, folder: str) -> Path:
    (Path(folder) / "whet.toml").write_bytes(text.encode(errors="surrogatepass"))
    return Path(folder)


def outside(folder: str) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": f"{folder}/none"}


def must_be_sentences(error: WhetError) -> None:
    assert error.hint
    assert not any("\n" in line for line in (error.message, error.hint, *error.details))


@settings(max_examples=150, deadline=None)
@given(files)
def test_any_file_gives_a_configuration_or_a_sentence(text):
    with tempfile.TemporaryDirectory() as folder:
        try:
            load(project(text, folder), environ=outside(folder))
        except ConfigError as error:
            must_be_sentences(error)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_configuration_or_a_sentence(data):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "whet.toml").write_bytes(data)
        try:
            load(Path(folder), environ=outside(folder))
        except ConfigError as error:
            must_be_sentences(error)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, WORDS, max_size=4), st.dictionaries(KEYS, WORDS, max_size=3))
def test_any_override_and_variable_give_a_configuration_or_a_sentence(overrides, variables):
    good = '[goal]\nmetric = "x"\n[bench]\ncommand = "y"\n'
    environ = {f"WHET_{key.replace('.', '_').upper()}": text for key, text in variables.items()}
    with tempfile.TemporaryDirectory() as folder:
        try:
            load(project(good, folder), overrides=overrides, environ=environ | outside(folder))
        except ConfigError as error:
            must_be_sentences(error)


@settings(max_examples=150, deadline=None)
@given(files, KEYS, WORDS)
def test_setting_any_key_changes_that_key_or_nothing(text, key, value):
    with tempfile.TemporaryDirectory() as folder:
        root = project('[goal]\nmetric = "x"\n[bench]\ncommand = "y"\n' + text, folder)
        before = (root / "whet.toml").read_bytes()
        try:
            edit.set_value(root, key, value)
        except WhetError as error:
            must_be_sentences(error)
        else:
            load(root, environ=outside(folder))
            before = (root / "whet.toml").read_bytes()
        assert (root / "whet.toml").read_bytes() == before
        assert [path.name for path in root.iterdir()] == ["whet.toml"]
