import pytest

from whet.config.load import load
from whet.errors import ConfigError, UserError

GOOD = '[goal]\nmetric = "p50_ms"\n\n[bench]\ncommand = "./bench.sh"\n'


@pytest.fixture
def read(tmp_path):
    """Load the project in `tmp_path` with no file of the user's own, unless the test has one."""

    def call(*, overrides=None, **environ):
        outside = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")} | environ
        return load(tmp_path, overrides=overrides or {}, environ=outside)

    return call


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_stronger_place_wins(tmp_path, read):
    write(tmp_path / "xdg/whet/config.toml", "[goal]\nmin_effect = 0.01\n")
    write(tmp_path / "pyproject.toml", "[tool.whet]\ngoal.metric = 'x'\nbench.command = 'y'\n")
    home = str(tmp_path / "xdg/whet/config.toml")

    def effect(**more):
        loaded = read(**more)
        return loaded.config.goal.min_effect, loaded.origins["goal.min_effect"]

    assert effect() == (0.01, home)
    write(
        tmp_path / "pyproject.toml",
        "[tool.whet]\ngoal = {metric = 'x', min_effect = '2%'}\nbench.command = 'y'\n",
    )
    assert effect() == (0.02, "pyproject.toml")
    write(tmp_path / "whet.toml", '[goal]\nmin_effect = "3%"\n')
    assert effect() == (0.03, "whet.toml")
    assert effect(WHET_GOAL_MIN_EFFECT="4%") == (0.04, "WHET_GOAL_MIN_EFFECT")
    flag = {"goal.min_effect": "5%"}
    assert effect(overrides=flag, WHET_GOAL_MIN_EFFECT="4%") == (0.05, "flag")
    assert read().config.goal.metric == "x"
    assert read().origins["bench.command"] == "pyproject.toml"
    assert read().origins["bench.timeout"] == "default"


def test_every_key_has_an_origin(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD + 'env = {A = "1"}\n[[guard]]\nmetric = "rss"\n')
    origins = read().origins
    assert origins["guard.0.metric"] == origins["bench.env.A"] == "whet.toml"
    assert origins["guard.0.max_loss"] == origins["workers.0.name"] == "default"
    assert {"goal.metric", "scope.protect", "judge.best_possible"} <= origins.keys()


def test_the_project_file_is_named(tmp_path, read):
    write(tmp_path / "pyproject.toml", "[tool.whet]\ngoal.metric = 'x'\nbench.command = 'y'\n")
    assert read().path == tmp_path / "pyproject.toml"
    write(tmp_path / "whet.toml", GOOD)
    assert read().path == tmp_path / "whet.toml"


def test_quantities_become_numbers(tmp_path, read):
    write(
        tmp_path / "whet.toml",
        GOOD
        + 'timeout = "1m30s"\n[build]\ntimeout = 5\n[run]\nhours = "30m"\n[judge]\nalpha = "1%"\n'
        '[[guard]]\nmetric = "rss"\nmax_loss = "0.5%"\n',
    )
    config = read().config
    assert (config.bench.timeout, config.build.timeout) == (90.0, 5.0)
    assert (config.run.hours, config.judge.alpha) == (0.5, 0.01)
    assert config.guard[0].max_loss == 0.005


def test_the_smallest_file_gives_the_defaults_of_the_model(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    config = read().config
    assert config.measure.pairs_max == 40
    assert config.workers[0].name == "local"
    assert config.goal.target is None


@pytest.mark.parametrize("text", ["", "protect = []\n", 'protect = ["tests/**"]\n'])
def test_whet_toml_is_always_protected(text, tmp_path, read):
    write(tmp_path / "whet.toml", GOOD + f"[scope]\n{text}")
    protect = read().config.scope.protect
    assert protect[0] == "/whet.toml"
    assert ("tests/**" in protect) == ("tests" in text)


def test_whet_toml_is_protected_once(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD + '[scope]\nprotect = ["whet.toml"]\n')
    assert read().config.scope.protect == ("whet.toml",)


def test_a_configuration_in_pyproject_is_protected(tmp_path, read):
    write(tmp_path / "pyproject.toml", "[tool.whet]\ngoal.metric = 'x'\nbench.command = 'y'\n")
    assert set(read().config.scope.protect) == {"/whet.toml", "/pyproject.toml"}


def test_values_of_the_environment_are_read_as_their_keys_want(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD + '[[guard]]\nmetric = "rss"\n')
    loaded = read(
        WHET_SCOPE_MODES="1",
        WHET_SCOPE_ALLOW="src/**, lib/**",
        WHET_SCOPE_PROTECT='["a,b/**"]',
        WHET_MEASURE_PAIRS_MAX="20",
        WHET_BENCH_TIMEOUT="90",
        WHET_BENCH_ENV_OMP_NUM_THREADS="4",
        WHET_GUARD_0_MAX_LOSS="10%",
        WHET_CAMPAIGN_TITLE="2026",
        WHET_GOAL_TARGET="+20%",
    )
    config = loaded.config
    assert config.scope.modes is True
    assert config.scope.allow == ("src/**", "lib/**")
    assert config.scope.protect == ("/whet.toml", "a,b/**")
    assert (config.measure.pairs_max, config.bench.timeout) == (20, 90.0)
    assert config.bench.env == {"OMP_NUM_THREADS": "4"}
    assert config.guard[0].max_loss == 0.1
    assert config.campaign.title == "2026"
    assert config.goal.target == 0.2
    assert loaded.origins["guard.0.max_loss"] == "WHET_GUARD_0_MAX_LOSS"
    assert loaded.origins["guard.0.metric"] == "whet.toml"


def test_an_empty_variable_is_as_good_as_none(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    assert read(WHET_GOAL_METRIC="").config.goal.metric == "p50_ms"


def test_other_variables_of_whet_are_not_configuration(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    assert read(WHET_SEED="1", WHET_BRIEF="/x", WHET_TREE="/y").config.goal.metric == "p50_ms"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("WHET_GOAL_MINEFFECT", 'export WHET_GOAL_MIN_EFFECT="$WHET_GOAL_MINEFFECT"'),
        ("WHET_BENCH_XYZZY", "unset WHET_BENCH_XYZZY"),
        ("WHET_GUARD_3_METRIC", "the next one is `guard.0`"),
    ],
)
def test_a_variable_that_fits_nowhere_is_an_error(name, hint, tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    with pytest.raises(ConfigError) as caught:
        read(**{name: "1"})
    assert (caught.value.message.partition(":")[0], caught.value.hint) == (name, hint)


def test_a_bad_value_names_the_variable_it_is_from(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    with pytest.raises(ConfigError) as caught:
        read(WHET_BENCH_WARMUP="two")
    assert caught.value.message.startswith("WHET_BENCH_WARMUP: [bench] `warmup` is text")


def test_a_variable_that_is_not_utf8_is_an_error(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    with pytest.raises(ConfigError) as caught:
        read(WHET_BENCH_COMMAND="a\udcffb")
    assert "not UTF-8" in caught.value.message


def test_overrides_reach_lists_of_tables(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    config = read(overrides={"workers.0.cpus": "0", "guard.0.metric": "rss"}).config
    assert (config.workers[0].cpus, config.guard[0].metric) == ("0", "rss")


def test_an_override_that_is_no_key_is_an_error(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    with pytest.raises(ConfigError) as caught:
        read(overrides={"goal.min_efect": "1%"})
    assert caught.value.message == "command line: `goal.min_efect` is not a key"
    assert caught.value.hint == "write `--set goal.min_effect=1%`"


def test_an_empty_text_unsets_what_may_be_missing(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD.replace("[bench]", 'target = "20%"\n[bench]'))
    assert read().config.goal.target == 0.2
    assert read(overrides={"goal.target": ""}).config.goal.target is None


def test_the_strongest_file_has_all_guards(tmp_path, read):
    write(tmp_path / "xdg/whet/config.toml", '[[guard]]\nmetric = "a"\n[[guard]]\nmetric = "b"\n')
    write(tmp_path / "whet.toml", GOOD + '[[guard]]\nmetric = "c"\n')
    assert [guard.metric for guard in read().config.guard] == ["c"]
    write(tmp_path / "whet.toml", "guard = []\n" + GOOD)
    assert read().config.guard == ()


def test_nothing_at_all_says_what_to_type(tmp_path, read):
    with pytest.raises(UserError) as caught:
        read()
    assert caught.value.message == "no benchmark: there is no `whet.toml` here"
    assert caught.value.hint == "whet init --bench './bench.sh' --metric p50_ms"


@pytest.mark.parametrize("script", [".auto/measure.sh", "autoresearch.sh"])
def test_with_files_of_pi_autoresearch_init_needs_no_more(script, tmp_path, read):
    write(tmp_path / script, "echo METRIC a=1\n")
    with pytest.raises(UserError) as caught:
        read()
    assert caught.value.hint == "whet init"


def test_a_pyproject_without_a_word_to_whet_is_not_read(tmp_path, read):
    write(tmp_path / "pyproject.toml", "this is [broken\n")
    with pytest.raises(UserError, match=r"there is no `whet\.toml`"):
        read()
    write(tmp_path / "pyproject.toml", "[tool.ruff]\n# whet is mentioned\n")
    with pytest.raises(UserError, match=r"there is no `whet\.toml`"):
        read()


def test_no_file_is_needed_when_flags_say_what_to_measure(tmp_path, read):
    loaded = read(overrides={"goal.metric": "wall_s"}, WHET_BENCH_COMMAND="./b")
    assert (loaded.config.bench.command, loaded.path) == ("./b", None)


@pytest.mark.parametrize(
    ("data", "said", "hint"),
    [
        (
            b'[goal]\nmetric = "\xe9"\n',
            "is not UTF-8",
            "iconv -f ISO-8859-1 -t UTF-8 -o whet.toml.new",
        ),
        ("[goal]".encode("utf-16"), "is not UTF-8", "iconv -f UTF-16 -t UTF-8 -o whet.toml.new"),
        (b"#" * (1024 * 1024 + 1), "more than 1 MiB", "no more"),
        (b"", "says nothing", "whet init"),
    ],
)
def test_a_file_that_is_no_text_is_an_error(data, said, hint, tmp_path, read):
    (tmp_path / "whet.toml").write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        read()
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_a_folder_of_that_name_is_an_error(tmp_path, read):
    (tmp_path / "whet.toml").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        read()


@pytest.mark.parametrize("target", ["whet.toml", "nowhere.toml"])
def test_a_link_to_nowhere_is_an_error(target, tmp_path, read):
    (tmp_path / "whet.toml").symlink_to(target)
    with pytest.raises(ConfigError, match="cannot be read"):
        read()


def test_a_mark_at_the_start_and_windows_line_ends_are_fine(tmp_path, read):
    (tmp_path / "whet.toml").write_bytes(
        b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode() + b"timeout = 'x'\r\n"
    )
    with pytest.raises(ConfigError) as caught:
        read()
    assert caught.value.details[0].startswith("whet.toml:6: [bench] `timeout`")


def test_a_mistake_in_the_users_own_file_names_that_file(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    write(tmp_path / "xdg/whet/config.toml", "\n[goal]\nmetrix = 1\n")
    with pytest.raises(ConfigError) as caught:
        read()
    assert caught.value.details[0].startswith(f"{tmp_path}/xdg/whet/config.toml:3: [goal] `metrix`")


def test_lines_are_right_after_texts_and_lists_of_several_lines(tmp_path, read):
    write(
        tmp_path / "whet.toml",
        '[goal]\nmetric = "x"\n[scope]\nallow = [\n  "a", # one\n  "b",\n]\n[bench]\n'
        'command = """\n[not.a.table]\ntimeout = 3\n"""\ntimeout = "x"\n',
    )
    with pytest.raises(ConfigError) as caught:
        read()
    assert caught.value.details[0].startswith("whet.toml:13: ")


def test_a_configuration_cannot_be_changed(tmp_path, read):
    write(tmp_path / "whet.toml", GOOD)
    with pytest.raises(AttributeError):
        read().config.goal.metric = "y"


def test_without_xdg_the_users_file_is_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    write(tmp_path / "home/.config/whet/config.toml", "[goal]\nmin_effect = 0.01\n")
    write(tmp_path / "whet.toml", GOOD)
    assert load(tmp_path, environ={}).config.goal.min_effect == 0.01
    # the standard says that a relative path there is to be ignored
    assert load(tmp_path, environ={"XDG_CONFIG_HOME": "x"}).config.goal.min_effect == 0.01
