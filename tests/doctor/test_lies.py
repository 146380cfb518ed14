"""Benchmarks that lie: each is an error that names the line or the file.

They are what makes a campaign worthless: a program that was not built from the change, a number
that was not measured, a build that nobody ships, threads that nobody uses.
"""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from small_targets import FILES, PROGRAM, PYTHON, errors, examined, of, python

from whet.model.config import Bench, Build, Integrity, Scope

HERE = Integrity(sandbox="none")
"""What lies outside the tree, in a temporary folder, is hidden by the jail."""


SECOND_THREAD = """
#include <pthread.h>
static void *more(void *a)
{
    for (int i = 0; i < 4000; i++)
        work(15000 + (a != 0));
    return 0;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, more, 0);
    for (int i = 0; i < 3000; i++)
        work(15001);
"""


def elsewhere(folder: Path, name: str = "bench") -> Path:
    """The benchmark program, built where nobody will build it again."""
    for path in ("src/work.h", "src/work.c", "bench/bench.c"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(FILES[path])
    built = folder / "installed" / name
    built.parent.mkdir()
    command = ["cc", "-O1", "-o", str(built), "bench/bench.c", "src/work.c"]
    subprocess.run(command, cwd=folder, check=True)
    return built


@pytest.mark.slow
def test_a_program_that_is_installed_elsewhere(make, tmp_path):
    other = elsewhere(tmp_path / "other")
    target = make({"bench.sh": f"#!/bin/sh\n\nset -e\n{other}\n"})
    diagnosis = examined(target.visit(integrity=HERE))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "does not measure the program that was just built" in said
    assert "A delay in work in src/work.c changed time_ms by " in said
    assert "With build/bench in its place: time_ms=" in said
    assert "use `./build/bench` in bench.sh line 4" in said


def test_a_program_that_is_installed_elsewhere_is_seen_at_once(make, tmp_path):
    other = elsewhere(tmp_path / "other")
    target = make(bench=Bench(command=str(other), timeout=20.0))
    diagnosis = examined(target.visit(quick=True, integrity=HERE))
    assert f"runs {other} in [bench] command; what was built is build/bench" in errors(diagnosis)


def test_a_program_in_the_users_checkout(make):
    target = make()
    subprocess.run(["make"], cwd=target.root, check=True, capture_output=True)
    command = f"{target.root}/build/bench"
    diagnosis = examined(target.visit(quick=True, bench=Bench(command=command, timeout=20.0)))
    assert not diagnosis.ready
    assert "which is in your checkout and not in the trial" in errors(diagnosis)


def test_a_program_that_is_committed(make, tmp_path):
    data = elsewhere(tmp_path / "other").read_bytes()
    target = make(
        {"tools/bench": data, "bench.sh": "#!/bin/sh\nchmod +x tools/bench\ntools/bench\n"}
    )
    diagnosis = examined(target.visit(quick=True))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "runs tools/bench in bench.sh line" in said
    assert "which is committed and not built" in said


def test_a_library_that_is_installed_elsewhere(make, tmp_path):
    makefile = (
        "all: build/bench\nbuild/libwork.so: src/work.c\n\tmkdir -p build\n"
        "\tcc -O2 -shared -fPIC -o $@ $<\n"
        "build/bench: build/libwork.so bench/bench.c\n"
        "\tcc -O2 -o $@ bench/bench.c -Lbuild -lwork\n"
    )
    other = tmp_path / "other"
    elsewhere(other)
    library = other / "lib" / "libwork.so"
    library.parent.mkdir()
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), "src/work.c"]
    subprocess.run(command, cwd=other, check=True)
    script = f"#!/bin/sh\nexport LD_LIBRARY_PATH={library.parent}\n./build/bench\n"
    target = make({"Makefile": makefile, "bench.sh": script})
    diagnosis = examined(target.visit(quick=True, integrity=HERE))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert f"loads {library} in bench.sh line 2; what was built is build/libwork.so" in said


def test_a_python_package_that_is_installed_elsewhere(make, tmp_path):
    other = tmp_path / "site"
    (other / "work").mkdir(parents=True)
    (other / "work" / "__init__.py").write_text(PYTHON["work/__init__.py"])
    script = f"import sys\nsys.path.insert(0, {str(other)!r})\n{PYTHON['bench.py']}"
    target = make({**PYTHON, "bench.py": script})
    config = python(integrity=HERE)
    diagnosis = examined(replace(target, config=config).visit(quick=True))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "does not measure the code of this tree" in said
    assert f"imports {other}/work/__init__.py, not the work of the tree" in said


@pytest.mark.slow
def test_code_that_nothing_calls(make):
    target = make({"spare/unused.c": "int unused(int a)\n{\n    return a + 1;\n}\n"})
    diagnosis = examined(target.visit(scope=Scope(allow=("spare/**",))))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "does not run the code that may change: unused in spare/unused.c" in said
    assert "The build makes the same program from the slowed code." in said


@pytest.mark.parametrize("quick", [True, False])
def test_a_script_that_prints_a_constant(make, quick):
    target = make({"bench.sh": "#!/bin/sh\n./build/bench >/dev/null\necho METRIC time_ms=12.5\n"})
    diagnosis = examined(target.visit(quick=quick))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "prints the same time_ms=12.5 in each of " in said
    assert "bench.sh line 3 says `echo METRIC time_ms=12.5`" in said


def test_a_program_that_prints_a_constant(make):
    lines = PROGRAM.split("\n")
    number = next(n for n, line in enumerate(lines, 1) if "METRIC" in line)
    source = PROGRAM.replace('time_ms=%.4f\\n", sum, now() - start', 'time_ms=14.25\\n", sum')
    diagnosis = examined(make({"bench/bench.c": source}).visit(quick=True))
    assert f'bench/bench.c line {number} says `printf("' in errors(diagnosis)


def test_cached_output_that_is_committed(make):
    files = {
        "bench.sh": "#!/bin/sh\n./build/bench > build/now.txt\ncat results/last.txt\n",
        "results/last.txt": "checksum 7\nMETRIC time_ms=14.8262\n",
    }
    diagnosis = examined(make(files).visit(quick=True))
    assert "results/last.txt line 2 says `METRIC time_ms=14.8262`" in errors(diagnosis)


def test_cached_output_outside_the_tree(make, tmp_path):
    cache = tmp_path / "cache.txt"
    script = f"#!/bin/sh\n[ -s {cache} ] || ./build/bench > {cache}\ncat {cache}\n"
    diagnosis = examined(make({"bench.sh": script}).visit(quick=True, integrity=HERE))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "prints the same time_ms=" in said
    shown = f"cat {cache}"[:80]
    assert f"bench.sh line 3 is `{shown}`" in said


@pytest.mark.slow
def test_an_old_number_with_a_little_noise(make):
    script = (
        "#!/bin/sh\n./build/bench >/dev/null\n"
        "n=$(od -An -N2 -tu2 /dev/urandom)\necho METRIC time_ms=$((140000 + n % 99))e-4\n"
    )
    diagnosis = examined(make({"bench.sh": script}).visit())
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "time_ms does not follow the run: a delay in work in src/work.c made a run " in said


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core is all there is")
class TestThreads:
    def test_threads_that_are_asked_for_and_do_not_run(self, make):
        script = "#!/bin/sh\nset -e\nexport OMP_NUM_THREADS=2\n./build/bench\n"
        diagnosis = examined(make({"bench.sh": script}).visit(quick=True))
        assert not diagnosis.ready
        assert "uses 1 of 2 cores: `OMP_NUM_THREADS=2`, bench.sh line 3" in errors(diagnosis)

    def test_a_script_that_uses_fewer_than_the_configuration_says(self, make):
        target = make({"bench.sh": "#!/bin/sh\n./build/bench -t 1\n"})
        bench = Bench(command="sh bench.sh", timeout=20.0, env={"OMP_NUM_THREADS": "2"})
        diagnosis = examined(target.visit(quick=True, bench=bench))
        said = errors(diagnosis)
        assert "uses 1 of 2 cores: `-t 1`, bench.sh line 2, and `OMP_NUM_THREADS = 2`" in said

    def test_threads_that_run_are_no_problem(self, make):
        source = PROGRAM.replace("int main(void)\n{\n", SECOND_THREAD)
        makefile = FILES["Makefile"].replace("src/work.c\n", "src/work.c -pthread\n", 2)
        script = "#!/bin/sh\nexport OMP_NUM_THREADS=2\n./build/bench --threads 2\n"
        target = make({"bench/bench.c": source, "bench.sh": script, "Makefile": makefile})
        diagnosis = examined(target.visit(quick=True))
        assert "cores" not in errors(diagnosis)


def flags(text: str) -> dict[str, str]:
    return {"Makefile": FILES["Makefile"].replace("-O2", text)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-O0", "build/bench was compiled without optimisation: `-O0`, Makefile line 2"),
        ("-g -O0", "build/bench was compiled without optimisation: `-O0`, Makefile line 2"),
        ("-g", "no -O in `CFLAGS = -g -Wall -Wextra`, Makefile line 2"),
    ],
)
def test_a_build_without_optimisation(make, text, said):
    diagnosis = examined(make(flags(text)).visit(quick=True))
    assert not diagnosis.ready
    assert said in errors(diagnosis)


def test_a_build_command_without_optimisation(make):
    build = Build(command="make CFLAGS=-O0", timeout=60.0)
    diagnosis = examined(make().visit(quick=True, build=build))
    said = "build/bench was compiled without optimisation: `-O0`, [build] command"
    assert said in errors(diagnosis)


@pytest.mark.parametrize("text", ["-O2", "-O3 -g", "-Os", "-O2 -fno-omit-frame-pointer"])
def test_an_optimised_build_is_no_problem(make, text):
    diagnosis = examined(make(flags(text)).visit(quick=True))
    assert diagnosis.ready, errors(diagnosis)
    assert "optimisation" not in " ".join(finding.text for finding in of(diagnosis, "Benchmark"))
