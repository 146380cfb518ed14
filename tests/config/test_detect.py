import subprocess

import pytest

from whet.config.detect import detect, heading, summary
from whet.config.tree import pattern_of
from whet.errors import NotReady

BENCH = "#!/bin/sh\necho METRIC p50_ms=12.5\n"
GO_BENCH = "package p\nfunc BenchmarkParse(b *testing.B) {\n}\n"
TEST_PY = "import pytest\ndef test_it():\n    assert True\n"


def test_a_cmake_project_with_tests(repository):
    root = repository(
        {
            "CMakeLists.txt": "project(x C)\ninclude(CTest)\nadd_subdirectory(src)\n",
            "src/CMakeLists.txt": "add_executable(x x.c)\n",
            "src/x.c": "int main(){}\n",
            "test/t.py": "",
            "bench.sh": BENCH,
            ".github/workflows/ci.yml": "",
        }
    )
    found = detect(root)
    assert (found.setup.value, found.build.value, found.checks.value) == (
        "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release",
        "cmake --build build -j$(nproc)",
        "cd build && ctest --output-on-failure",
    )
    assert found.allow == ("src/**",)
    assert set(found.protect) == {
        *("/whet.toml", "/bench.sh", "test/**", "CMakeLists.txt", ".github/**")
    }


def test_a_cmake_project_without_tests_has_no_checks(repository):
    root = repository({"CMakeLists.txt": "project(x C)\n", "src/x.c": ""})
    assert detect(root).checks is None


def test_a_tracked_build_folder_is_not_built_into(repository):
    root = repository({"CMakeLists.txt": "project(x C)\n", "build/pack.sh": "#!/bin/sh\n"})
    assert detect(root).build.value == "cmake --build build-whet -j$(nproc)"


@pytest.mark.parametrize(
    ("makefile", "build", "checks"),
    [
        ("all: x\nx: x.o\ntest: all\n\t./t\n", "make -j$(nproc)", "make test"),
        ("x: x.c\n\t$(CC) -o x x.c\ncheck:\n\t./t\n", "make -j$(nproc)", "make check"),
        ("build:\n\tcc x.c\n", "make build", None),
        ("help:\n\t@echo nothing to build here\nTESTS := a\n", None, None),
        (".PHONY: test\nall:\n\ttrue\n", "make -j$(nproc)", None),
    ],
)
def test_make_targets_are_used_only_where_they_exist(makefile, build, checks, repository):
    found = detect(repository({"Makefile": makefile, "x.c": "int main(){}\n"}))
    assert (found.build and found.build.value) == build
    assert (found.checks and found.checks.value) == checks
    assert found.allow == ("/*.c",)


def test_a_cargo_project_with_criterion(repository):
    root = repository(
        {
            "Cargo.toml": '[package]\nname="x"\n[dev-dependencies]\ncriterion = "0.5"\n',
            "src/lib.rs": "",
            "benches/fib.rs": 'fn b(c: &mut Criterion) { c.bench_function("fib 20", |b| ()); }\n',
        }
    )
    found = detect(root)
    assert (found.build.value, found.checks.value) == (
        "cargo build --release",
        "cargo test --release",
    )
    assert found.bench.command == "cargo bench --bench fib -- --output-format bencher"
    assert (found.bench.format, found.bench.metrics) == ("criterion", ("fib 20",))
    assert (found.goal.metric, found.goal.unit, found.goal.direction) == ("fib 20", "ns", "lower")
    assert "benches/**" in found.protect


def test_a_go_project_with_a_benchmark(repository):
    root = repository(
        {"go.mod": "module x\n", "p/parse.go": "package p\n", "p/parse_test.go": GO_BENCH}
    )
    found = detect(root)
    assert found.bench.command == "go test -run '^$' -bench . ./p"
    assert (found.bench.format, found.goal.metric) == ("gobench", "BenchmarkParse")
    assert (found.build.value, found.checks.value) == ("go build ./...", "go test ./...")
    assert found.allow == ("**/*.go",)
    assert "*_test.go" in found.protect


def test_a_meson_project(repository):
    root = repository(
        {"meson.build": "project('x', 'c')\n", "src/meson.build": "test('a', exe)\n", "src/x.c": ""}
    )
    found = detect(root)
    assert found.setup.value == "meson setup build --buildtype=release"
    assert (found.build.value, found.checks.value) == (
        "meson compile -C build",
        "meson test -C build",
    )


def test_an_autotools_project(repository):
    root = repository({"configure.ac": "AC_INIT\n", "Makefile.am": "", "src/x.c": ""})
    found = detect(root)
    assert found.setup.value == "autoreconf -fi && ./configure"
    assert (found.build.value, found.checks.value) == ("make -j$(nproc)", "make check")


def test_a_python_project_runs_its_own_code_and_not_an_installed_copy(repository):
    root = repository(
        {
            "pyproject.toml": '[project]\nname = "x"\n[tool.pytest.ini_options]\n',
            "src/x/__init__.py": "",
            "tests/test_x.py": TEST_PY,
            "benchmarks/run.py": "print('METRIC total_s=1.5')\n",
        }
    )
    found = detect(root)
    assert found.checks.value == "PYTHONPATH=src python3 -m pytest -q -x"
    assert found.bench.command == "python3 benchmarks/run.py"
    assert found.bench.env == {"PYTHONPATH": "src"}
    assert found.build is None
    assert found.goal.metric == "total_s"


def test_unittest_is_not_taken_for_pytest(repository):
    root = repository({"setup.py": "", "x/__init__.py": "", "tests/test_x.py": "import unittest\n"})
    found = detect(root)
    assert found.checks.value == "PYTHONPATH=. python3 -m unittest discover -s tests"
    assert found.allow == ("x/**",)


def test_pytest_benchmark_is_found_by_its_fixture(repository):
    root = repository(
        {
            "pyproject.toml": '[project]\nname = "x"\n',
            "x/__init__.py": "",
            "tests/test_speed.py": "def test_parse(benchmark):\n    benchmark(len, [])\n",
        }
    )
    found = detect(root)
    assert found.bench.command == (
        "python3 -m pytest -q tests/test_speed.py --benchmark-only --benchmark-json=benchmark.json"
    )
    assert (found.bench.format, found.bench.output) == ("pytest-benchmark", "benchmark.json")
    assert (found.goal.metric, found.goal.unit, found.goal.direction) == (
        "test_parse",
        "s",
        "lower",
    )


def test_an_npm_project(repository):
    root = repository(
        {
            "package.json": '{"scripts": {"test": "node t.js", "build": "tsc", "bench": "b.js"},'
            ' "devDependencies": {"typescript": "5"}}',
            "package-lock.json": "{}",
            "src/x.ts": "",
        }
    )
    found = detect(root)
    assert (found.setup.value, found.build.value) == ("npm ci", "npm run build")
    assert (found.checks.value, found.bench.command) == ("npm test", "npm run -s bench")
    assert 'network = "on"' in found.remarks[0]


def test_the_default_test_script_of_npm_is_no_test(repository):
    text = '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'
    assert detect(repository({"package.json": text, "x.js": ""})).checks is None


def test_google_benchmark_is_found_where_cmake_builds_it(repository):
    root = repository(
        {
            "CMakeLists.txt": "project(x CXX)\n",
            "bench/CMakeLists.txt": "add_executable(speed s.cc)\n"
            "target_link_libraries(speed PRIVATE benchmark::benchmark)\n",
            "bench/s.cc": "#include <benchmark/benchmark.h>\nBENCHMARK(BM_parse);\n",
        }
    )
    found = detect(root)
    assert found.bench.command == "./build/bench/speed --benchmark_format=json"
    assert (found.bench.format, found.goal.metric) == ("google-benchmark", "BM_parse")


def test_jmh_is_found_with_full_names(repository):
    root = repository(
        {
            "pom.xml": "<artifactId>jmh-core</artifactId>\n",
            "src/main/java/a/Speed.java": "package a;\npublic class Speed {\n"
            "@Benchmark\npublic void parse(Blackhole h) {}\n}\n",
        }
    )
    found = detect(root)
    assert (found.bench.format, found.bench.output) == ("jmh", "jmh.json")
    assert (found.goal.metric, found.goal.direction) == ("a.Speed.parse", "higher")


def test_a_script_with_hyperfine_tells_its_format_and_its_file(repository):
    script = "#!/bin/sh\nhyperfine --warmup 3 \\\n  --export-json out.json './x'\n"
    bench = detect(repository({"bench.sh": script})).bench
    assert (bench.format, bench.output, bench.direction) == ("hyperfine", "out.json", "lower")


def test_a_script_that_says_nothing_has_no_format(repository):
    bench = detect(repository({"bench.sh": "#!/bin/sh\n./x --time\n"})).bench
    assert (bench.format, bench.metrics) == ("", ())


def test_a_script_that_is_not_executable_is_run_by_a_shell(repository):
    assert detect(repository({"bench.sh": "echo METRIC a=1\n"})).bench.command == "bash bench.sh"


def test_a_bench_target_is_run_without_its_commands_on_the_screen(repository):
    makefile = "bench: all\n\t@./x | sed 's/^/METRIC total_ms=/'\n"
    bench = detect(repository({"Makefile": makefile})).bench
    assert (bench.command, bench.metrics) == ("make -s bench", ("total_ms",))


def test_scripts_come_before_other_benchmarks_and_the_others_are_named(repository):
    root = repository(
        {"bench.sh": BENCH, "go.mod": "module x\n", "p_test.go": GO_BENCH, "p.go": "package p\n"}
    )
    found = detect(root)
    assert found.bench.command == "./bench.sh"
    assert "other benchmarks here: `go test" in found.remarks[-1]


def test_a_benchmark_that_is_not_committed_is_told(repository):
    root = repository({"bench.sh": BENCH, "x.c": ""}, untracked=("bench.sh",))
    assert "bench.sh is not committed" in detect(root).remarks[0]


def test_nothing_is_run_and_nothing_is_written(repository):
    trap = "#!/bin/sh\ntouch ../ran\n"
    root = repository(
        {"bench.sh": trap, "configure": trap, "Makefile": "X := $(shell touch ../ran)\nall:\n"}
    )
    before = sorted(path for path in root.rglob("*"))
    detect(root)
    assert sorted(path for path in root.rglob("*")) == before
    assert not (root.parent / "ran").exists()


def test_a_folder_without_git_is_not_ready(tmp_path):
    with pytest.raises(NotReady, match="not in a git repository"):
        detect(tmp_path)


def test_an_empty_repository_has_nothing(repository):
    found = detect(repository({"README.md": ""}))
    assert (found.bench, found.build, found.checks, found.goal) == (None, None, None, None)
    assert found.allow == ("**",)


def test_files_that_cannot_be_read_are_as_good_as_none(repository):
    root = repository(
        {"package.json": "[" * 9000, "Cargo.toml": "[broken", "go.mod": "", "pyproject.toml": "\0"}
    )
    (root / "Makefile").symlink_to("/proc/kmsg")
    (root / "bench.sh").symlink_to("bench.sh")
    assert detect(root).bench is None


@pytest.mark.parametrize("name", ["a[b].c", "x*y", "#z", "!n", "tail ", "q?", "d/e\\f", "plain.c"])
def test_the_pattern_of_a_file_matches_it_and_no_other(name, repository):
    others = {"ab.c": "", "xzy": "", "z": "", "n": "", "tail": "", "qq": "", "d/ef": "", "d/g": ""}
    root = repository({name: "", f"deep/{name}": "", **others})
    rules = root.parent / "rules"
    rules.write_text(pattern_of(name) + "\n")
    command = ["git", "ls-files", "-z", "--cached", "--ignored", f"--exclude-from={rules}"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert listed.split("\0") == [name, ""]


def test_what_was_looked_at_is_one_line(repository):
    root = repository({"CMakeLists.txt": "", "src/x.c": "", "bench.sh": BENCH})
    found = detect(root)
    assert heading(found) == "project (git, CMake, 3 files)"
    rows = {row.label: (row.value, row.where) for row in summary(found)}
    assert rows["Benchmark"] == ("./bench.sh", "bench.sh")
    assert rows["Goal"] == ("p50_ms", "bench.sh")
    assert rows["May change"] == ("src/**", "sources")
