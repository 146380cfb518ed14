import shlex
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.config.detect import detect
from whet.config.load import load
from whet.config.start import Answers, NotEnough, notes, render, start
from whet.errors import ConfigError, UserError, WhetError
from whet.formats.guessing import guess

BENCH = "#!/bin/sh\necho METRIC p50_ms=12.5\n"
PLAIN = "#!/bin/sh\n./x --time\n"


def test_the_first_file_reads_well(repository):
    root = repository(
        {"CMakeLists.txt": "enable_testing()\n", "src/x.c": "", "tests/t.c": "", "bench.sh": BENCH}
    )
    assert (
        start(root).text
        == (root / "whet.toml").read_text()
        == """\
# What whet measures, and what a change may touch. Every key: whet config show

[goal]
metric = "p50_ms"  # as it is printed
unit = "ms"
direction = "lower"  # lower is better (assumed)
min_effect = "2%"  # a smaller gain is not worth keeping

[bench]
command = "./bench.sh"  # one run of it is one observation

[build]
setup = "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release"  # before the build, in every new tree
command = "cmake --build build -j$(nproc)"

[checks]
command = "cd build && ctest --output-on-failure"  # must fail when the program is wrong

[scope]
allow = ["src/**"]  # what a change may touch
# taken from the base commit, whatever a change does to them
protect = ["/whet.toml", "/bench.sh", "tests/**", "CMakeLists.txt"]
"""
    )


def test_answers_win_over_what_was_found(repository, nobody):
    root = repository({"Makefile": "all:\ntest:\n", "src/x.c": "", "bench.sh": BENCH})
    start(
        root,
        Answers(
            bench="./x --bench",
            metric="reqs_per_s",
            direction="higher",
            unit="req/s",
            checks="./t",
            build="ninja",
            format="json:results.reqs_per_s",
            allow=("lib/**",),
            agent={"agent.kind": "command", "agent.command": "./my-agent"},
        ),
    )
    config = load(root, environ=nobody).config
    assert (config.bench.command, config.bench.format) == ("./x --bench", "json:results.reqs_per_s")
    assert (config.goal.metric, config.goal.direction, config.goal.unit) == (
        "reqs_per_s", "higher", "req/s",
    )  # fmt: skip
    assert (config.build.command, config.checks.command) == ("ninja", "./t")
    assert config.scope.allow == ("lib/**",)
    assert (config.agent.kind, config.agent.command) == ("command", "./my-agent")
    assert "/bench.sh" in config.scope.protect


@pytest.mark.parametrize(
    "files",
    [
        {"CMakeLists.txt": "enable_testing()\n", "src/x.c": ""},
        {"Makefile": "all:\ntest:\n", "x.c": ""},
        {"Cargo.toml": "[package]\n", "src/lib.rs": ""},
        {"go.mod": "module x\n", "x.go": "", "x_test.go": ""},
        {"meson.build": "", "src/x.c": ""},
        {"pyproject.toml": "", "x/__init__.py": "", "tests/test_x.py": "import pytest\n"},
        {"package.json": '{"scripts": {"test": "a", "build": "b"}}', "src/x.js": ""},
        {"pom.xml": "", "src/main/java/X.java": "", "src/test/java/XTest.java": ""},
        {"build.gradle": "", "gradlew": "#!/bin/sh\n", "src/main/X.java": ""},
        {"README": ""},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_init_writes_is_what_load_reads(files, repository, nobody):
    root = repository({**files, "bench.sh": BENCH})
    start(root)
    config = load(root, environ=nobody).config
    found = detect(root)
    assert config.bench.command == "./bench.sh"
    assert config.build.command == (found.build.value if found.build else "")
    assert config.checks.command == (found.checks.value if found.checks else "")
    assert config.scope.allow == found.allow
    assert config.scope.protect == found.protect


def test_a_command_of_the_user_is_looked_into(repository, nobody):
    script = "#!/bin/sh\nhyperfine --export-json out.json ./x\n"
    root = repository({"tools/speed": script, "src/x.c": ""})
    start(root, Answers(bench="tools/speed fast", metric="./x"))
    config = load(root, environ=nobody).config
    assert (config.bench.format, config.bench.output) == ("hyperfine", "out.json")
    assert config.goal.unit == "s"
    assert "tools/speed" in config.scope.protect


def test_the_metric_a_script_prints_need_not_be_named(repository, nobody):
    root = repository({"tools/speed": BENCH, "src/x.c": ""})
    start(root, Answers(bench="tools/speed"))
    assert load(root, environ=nobody).config.goal.metric == "p50_ms"


def test_one_of_several_go_benchmarks_is_run_alone(repository, nobody):
    tests = "".join(f"func Benchmark{name}(b *testing.B) {{}}\n" for name in ("A", "B"))
    root = repository({"go.mod": "module x\n", "x.go": "", "x_test.go": tests})
    start(root, Answers(metric="BenchmarkB"))
    config = load(root, environ=nobody).config
    assert config.bench.command == "go test -run '^$' -bench '^BenchmarkB$' ."
    assert (config.goal.direction, config.goal.unit) == ("lower", "ns/op")


@pytest.mark.parametrize("metric", ["wall_s", "cpu_s"])
def test_time_from_outside_needs_no_format(metric, repository, nobody):
    root = repository({"bench.sh": PLAIN, "src/x.c": ""})
    started = start(root, Answers(metric=metric))
    config = load(root, environ=nobody).config
    assert (config.bench.format, config.goal.unit, config.goal.direction) == ("time", "s", "lower")
    assert not any("assumed" in note for note in started.notes)


def test_an_unknown_format_is_not_guessed(repository):
    found = detect(repository({"bench.sh": PLAIN, "src/x.c": ""}))
    answers = Answers(metric="p50_ms")
    assert "format" not in render(found, answers)
    assert "# it must print a line: METRIC p50_ms=12.5" in render(found, answers)
    assert any("must print a line `METRIC p50_ms=12.5`" in note for note in notes(found, answers))


def test_a_format_known_from_output_is_written(repository):
    found = detect(repository({"bench.sh": PLAIN, "src/x.c": ""}))
    sample = "goos: linux\nBenchmarkX-8   100   5 ns/op\n"
    text = render(found, Answers(metric="BenchmarkX"), format=guess(sample))
    assert 'format = "gobench"' in text


@pytest.mark.parametrize(
    ("metric", "direction"),
    [("p50_ms", "lower"), ("rss_kb", "lower"), ("tokens_per_s", "higher"), ("qps", "higher")],
)
def test_an_assumed_direction_is_said(metric, direction, repository):
    found = detect(repository({"bench.sh": PLAIN, "src/x.c": ""}))
    answers = Answers(metric=metric)
    assert f'direction = "{direction}"  # {direction} is better (assumed)' in render(found, answers)
    other = "lower" if direction == "higher" else "higher"
    assert any(note.endswith(f"goal.direction {other}") for note in notes(found, answers))
    said = Answers(metric=metric, direction=other)
    assert "(assumed)" not in render(found, said)
    assert f'direction = "{other}"' in render(found, said)


def test_without_a_benchmark_the_command_to_type_is_told(repository):
    with pytest.raises(NotEnough) as caught:
        start(repository({"src/x.c": ""}))
    error = caught.value
    assert error.message == "found no benchmark here"
    assert error.hint == "whet init --bench './bench.sh' --metric p50_ms"
    assert "looked for .auto/measure.sh" in error.details
    assert error.exit_code == 2


def test_without_a_metric_the_command_to_type_is_told(repository):
    with pytest.raises(NotEnough) as caught:
        start(repository({"bench.sh": PLAIN}))
    error = caught.value
    assert error.message == "found `./bench.sh`, but not which metric it prints"
    assert error.hint == "whet init --bench ./bench.sh --metric p50_ms"
    assert "wall_s" in error.details[1]


def test_among_several_metrics_the_user_chooses(repository):
    script = "#!/bin/sh\necho METRIC a_ms=1\necho METRIC b_ms=2\n"
    with pytest.raises(NotEnough) as caught:
        start(repository({"bench.sh": script}))
    assert caught.value.message == "`./bench.sh` prints 2 metrics: which is the goal?"
    assert caught.value.details == ("it prints a_ms", "it prints b_ms")


def test_a_hint_of_init_works_when_typed(repository, nobody):
    root = repository({"bench.sh": "#!/bin/sh\necho METRIC a_ms=1\necho METRIC b_ms=2\n"})
    with pytest.raises(NotEnough) as caught:
        start(root)
    words = shlex.split(caught.value.hint)
    options = dict(zip(words[2::2], words[3::2], strict=True))
    start(root, Answers(bench=options["--bench"], metric=options["--metric"]))
    assert load(root, environ=nobody).config.goal.metric == "a_ms"


def test_a_file_that_is_there_is_not_written_over(repository):
    root = repository({"bench.sh": BENCH, "whet.toml": "# mine\n"})
    with pytest.raises(UserError, match="here already"):
        start(root)
    assert (root / "whet.toml").read_text() == "# mine\n"


def test_an_empty_file_is_as_good_as_none(repository, nobody):
    root = repository({"bench.sh": BENCH, "whet.toml": "\n"})
    start(root)
    assert load(root, environ=nobody).config.goal.metric == "p50_ms"


def test_a_section_of_pyproject_is_not_put_in_the_shade(repository):
    root = repository({"bench.sh": BENCH, "pyproject.toml": "[tool.whet.goal]\nmetric = 'x'\n"})
    with pytest.raises(UserError, match=r"pyproject\.toml already"):
        start(root)
    assert not (root / "whet.toml").exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (Answers(metric="a b\n"), "no benchmark prints"),
        (Answers(checks="./t \udcff"), "not UTF-8"),
        (Answers(format="xml"), "no format"),
        (Answers(allow=("",)), "empty pattern"),
        (Answers(checks="TOKEN=0123456789abcdef make test"), "looks like a secret"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_nothing_is_written(answers, said, repository):
    root = repository({"bench.sh": BENCH})
    with pytest.raises(ConfigError, match=said):
        start(root, answers)
    assert not (root / "whet.toml").exists()


def test_missing_tests_are_told(repository):
    started = start(repository({"bench.sh": BENCH, "x.c": ""}))
    assert "no tests found: without [checks] a fast wrong answer is kept" in started.notes
    assert '# command = "make test"' in started.text


def test_a_program_that_the_build_makes_is_told(repository):
    root = repository({"src/x.c": ""})
    started = start(root, Answers(bench="./build/speed --all", metric="wall_s"))
    assert any(note.startswith("./build/speed is not in the repository") for note in started.notes)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=30), st.text(max_size=12), st.text(max_size=12))
def test_any_answer_is_written_so_that_it_reads_the_same_or_is_refused(
    tmp_path_factory, bench, metric, checks
):
    root = tmp_path_factory.mktemp("any")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    try:
        start(root, Answers(bench=bench, metric=metric, checks=checks, direction="lower"))
    except WhetError:
        assert not (root / "whet.toml").exists()
    else:
        config = load(root, environ={"XDG_CONFIG_HOME": str(root / "none")}).config
        assert (config.bench.command, config.goal.metric) == (bench, metric)
        assert config.checks.command == checks
