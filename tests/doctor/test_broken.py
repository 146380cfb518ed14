"""Targets that do not build, run or pass: the error says what, and how to see it by hand."""

import re
import shutil
import time
from dataclasses import replace

import pytest
from small_targets import CONFIG, FILES, LIBRARY, PROGRAM, errors, examined, git, of

from whet.model.config import Bench, Build, Checks, Integrity, Scope
from whet.model.metric import Goal, Guard

FEW = replace(CONFIG.measure, aa_pairs=4)


def test_a_target_that_needs_what_is_not_committed(make):
    target = make({"src/work.c": '#include "mine.h"\n' + LIBRARY})
    (target.root / "src" / "mine.h").write_text("/* works here */\n")
    diagnosis = examined(target.visit())
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "does not build from a clean checkout: " in said
    assert "mine.h: No such file" in said
    assert "`git clone . /tmp/clean && cd /tmp/clean`" in said
    assert of(diagnosis, "Benchmark") == []
    assert of(diagnosis, "Checks") == []
    assert of(diagnosis, "Machine") != []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("./build/bench\nexit 3", "the benchmark ended with exit 3"),
        ("echo nothing", "metric-lines: the output has no METRIC line"),
        ("echo METRIC other=1.25", "the output has no metric `time_ms`; it has other"),
        ("echo METRIC time_ms=nan", "not a finite decimal number"),
        ("kill -SEGV $$", "the benchmark ended with exit 139 (SIGSEGV)"),
    ],
)
def test_a_benchmark_without_a_number(make, script, said):
    diagnosis = examined(make({"bench.sh": f"#!/bin/sh\n{script}\n"}).visit(quick=True))
    assert not diagnosis.ready
    assert said in errors(diagnosis)
    assert of(diagnosis, "Benchmark", "ok") == []
    assert of(diagnosis, "Checks") != []


def test_a_guard_that_is_missing(make):
    guards = (Guard(metric="rss_mb"),)
    diagnosis = examined(make().visit(quick=True, guard=guards))
    assert "the output has no metric `rss_mb`; it has time_ms" in errors(diagnosis)


def test_a_benchmark_that_takes_too_long(make):
    bench = Bench(command="sh bench.sh", timeout=0.3)
    target = make({"bench.sh": "#!/bin/sh\nsleep 60\n"})
    diagnosis = examined(target.visit(quick=True, bench=bench))
    assert "no result within 0.3 s" in errors(diagnosis)
    assert "whet config set bench.timeout" in errors(diagnosis)


def test_a_benchmark_that_writes_where_it_may_not(make):
    script = "#!/bin/sh\n./build/bench\necho more >> results.txt\n"
    target = make({"bench.sh": script, "results.txt": "old\n"})
    scope = replace(CONFIG.scope, protect=(*CONFIG.scope.protect, "results.txt"))
    diagnosis = examined(target.visit(quick=True, scope=scope, integrity=Integrity(sandbox="none")))
    assert "the benchmark run changed results.txt" in errors(diagnosis)
    assert "scope.protect" in errors(diagnosis)


def test_a_build_that_writes_where_it_may_not(make):
    build = Build(command="make && echo '# built' >> Makefile", timeout=60.0)
    diagnosis = examined(make().visit(quick=True, build=build))
    assert "does not build from a clean checkout: the build changed Makefile" in errors(diagnosis)


@pytest.mark.slow
def test_a_benchmark_that_fails_now_and_then(make):
    # every run but the first two of a tree fails: the warm-up and one pair are not enough to see
    script = "#!/bin/sh\n./build/bench\n[ $(($WHET_SEED + ${#WHET_PAD} / 16 % 2)) = 0 ]\n"
    diagnosis = examined(make({"bench.sh": script}).visit())
    assert not diagnosis.ready
    assert "the benchmark ended with exit 1" in errors(diagnosis)


@pytest.mark.parametrize("value", ["0", "-3.5"])
def test_a_goal_that_has_no_ratio(make, value):
    target = make(
        {"bench.sh": f"#!/bin/sh\n./build/bench | grep -v METRIC\necho METRIC time_ms={value}\n"}
    )
    diagnosis = examined(target.visit(quick=True))
    assert f"time_ms is {value}: effects are ratios, so it must be above 0" in errors(
        diagnosis
    ).replace("3.500", "3.5")


def test_a_time_that_is_longer_than_the_run(make):
    source = PROGRAM.replace("now() - start);", "(now() - start) * 1e3);")
    diagnosis = examined(make({"bench/bench.c": source}).visit(quick=True))
    assert not diagnosis.ready
    assert "time_ms says " in errors(diagnosis)
    assert "and the whole run took " in errors(diagnosis)


def test_digits_that_hide_the_effect(make):
    chance = "$(od -An -N1 -tu1 /dev/urandom)"
    script = f"#!/bin/sh\n./build/bench >/dev/null\necho METRIC time_ms=$((3 + {chance} % 9))\n"
    diagnosis = examined(make({"bench.sh": script}).visit(quick=True))
    assert re.search(r"prints time_ms in steps of [\d.]+%, and 2% is looked for", errors(diagnosis))


def test_a_metric_that_jumps_between_two_units(make):
    script = """
ms=$(./build/bench | sed -n 's/METRIC time_ms=//p')
d=${ms#*.}
[ $(($(od -An -N1 -tu1 /dev/urandom) % 2)) = 0 ] && ms=${ms%.*}${d%?}.${d#???}
echo METRIC time_ms=$ms
"""
    off = replace(CONFIG.bench, clock="off")
    diagnosis = examined(make({"bench.sh": script}).visit(bench=off))
    assert not diagnosis.ready
    assert re.search(r"time_ms is .* about 1000 times: that may be its unit", errors(diagnosis))


def test_items_that_shrink_from_run_to_run(make):
    began = time.time_ns() // 1_000_000
    left = f"echo METRIC items=$((1000000000 / (1 + $(date +%s%3N) - {began})))\n"
    diagnosis = examined(make({"bench.sh": f"./build/bench\n{left}"}).visit(measure=FEW))
    assert not diagnosis.ready
    assert "does less from run to run: items fell from " in errors(diagnosis)


def test_a_rate_that_its_own_items_deny(make):
    chance = "$((1 + $(od -An -N1 -tu1 /dev/urandom))).5"
    script = f"./build/bench\necho METRIC items=100000\necho METRIC rate={chance}\n"
    goal = Goal(metric="rate", unit="items/s", direction="higher")
    diagnosis = examined(make({"bench.sh": script}).visit(goal=goal, quick=True))
    assert not diagnosis.ready
    assert "the 100000 items that were printed took " in errors(diagnosis)


def test_checks_that_fail_on_base(make):
    tests = '#include <stdio.h>\nint main(void) { puts("FAIL: 3 of 4"); return 1; }\n'
    diagnosis = examined(make({"bench/tests.c": tests}).visit(quick=True))
    assert not diagnosis.ready
    assert "fail on base: FAIL: 3 of 4" in errors(diagnosis)
    assert "build/tests" in errors(diagnosis)


def test_no_checks_at_all(make):
    diagnosis = examined(make().visit(quick=True, checks=Checks()))
    assert diagnosis.ready
    (finding,) = of(diagnosis, "Checks")
    assert finding.level == "warning"
    assert finding.text.startswith("none: ")


def test_output_that_is_not_equal_to_itself(make):
    checks = replace(CONFIG.checks, equivalence="od -An -N8 -tx8 /dev/urandom")
    diagnosis = examined(make().visit(quick=True, checks=checks))
    assert not diagnosis.ready
    assert "its output is not equal to itself: output line 1" in errors(diagnosis)
    assert "$WHET_SEED" in errors(diagnosis)


@pytest.mark.slow
def test_checks_that_see_nothing(make):
    tests = '#include "../src/work.h"\nint main(void) { return work(3) == 0; }\n'
    checks = replace(CONFIG.checks, mutants=5)
    diagnosis = examined(make({"bench/tests.c": tests}).visit(checks=checks, measure=FEW))
    assert not diagnosis.ready
    said = errors(diagnosis)
    assert "catch 0 of 5 planted bugs" in said
    assert "not caught: src/work.c:6 `for (unsigned long i = 0; i < rounds; i++)` became " in said


@pytest.mark.slow
def test_checks_that_see_a_part(make):
    more = LIBRARY.replace("return state;", "return other(state);")
    more = "unsigned long other(unsigned long a)\n{\n    return a == 7 ? 3 : a;\n}\n" + more
    header = FILES["src/work.h"] + "unsigned long other(unsigned long a);\n"
    checks = replace(CONFIG.checks, mutants=8)
    target = make({"src/work.c": '#include "work.h"\n' + more, "src/work.h": header})
    diagnosis = examined(target.visit(checks=checks, measure=FEW))
    assert diagnosis.ready, errors(diagnosis)
    (finding,) = of(diagnosis, "Checks", "warning")
    assert finding.text.startswith("catch ")
    assert all("src/work.c:4 `return a == 7 ? 3 : a;` became " in line for line in finding.detail)


@pytest.mark.slow
def test_bugs_in_functions_that_the_benchmark_never_runs_do_not_count(make):
    more = "".join(
        f"unsigned long spare{n}(unsigned long a)\n{{\n    return a + {n};\n}}\n" for n in range(3)
    )
    diagnosis = examined(make({"src/work.c": LIBRARY + more}).visit())
    assert of(diagnosis, "Checks")[-1].text == "catch 4 of 4 planted bugs"


@pytest.mark.slow
def test_bugs_in_files_that_are_not_built_do_not_count(make):
    files = {
        f"src/spare{n}.c": f"int spare{n}(int a)\n{{\n    return a + {n};\n}}\n" for n in range(3)
    }
    diagnosis = examined(make(files).visit())
    assert diagnosis.ready, errors(diagnosis)
    assert of(diagnosis, "Checks")[-1].text == "catch 4 of 4 planted bugs"


@pytest.mark.slow
def test_a_scope_that_holds_nothing_to_plant_in(make):
    diagnosis = examined(make().visit(scope=Scope(allow=("*.txt",)), measure=FEW))
    assert diagnosis.ready, errors(diagnosis)
    warnings = " ".join(finding.text for finding in of(diagnosis, "Benchmark", "warning"))
    assert (
        "not tested with a planted slowdown: `[scope] allow` (*.txt) holds no function" in warnings
    )
    assert "none that was tried makes another program" in of(diagnosis, "Checks")[-1].text


@pytest.mark.slow
def test_a_goal_that_is_no_time_is_not_slowed(make):
    source = PROGRAM.replace("METRIC time_ms=", "METRIC rss_mb=")
    goal = Goal(metric="rss_mb", unit="MB")
    diagnosis = examined(make({"bench/bench.c": source}).visit(goal=goal, measure=FEW))
    assert diagnosis.ready, errors(diagnosis)
    assert "rss_mb is not a time or rate" in of(diagnosis, "Benchmark", "warning")[0].text


@pytest.mark.slow
def test_a_file_that_does_not_compile_with_a_delay_is_left_out(make):
    strict = "#pragma GCC poison whet_n\nint strict(int a)\n{\n    return a;\n}\n"
    makefile = FILES["Makefile"].replace("$< src/work.c", "$< src/work.c src/strict.c")
    target = make({"src/strict.c": strict, "Makefile": makefile})
    diagnosis = examined(target.visit(checks=Checks()))
    assert diagnosis.ready, errors(diagnosis)
    said = [finding.text for finding in of(diagnosis, "Benchmark")]
    assert "measures the program that was just built" in said


@pytest.mark.slow
def test_delays_that_do_not_compile_anywhere(make):
    diagnosis = examined(make({"src/work.c": "#pragma GCC poison whet_n\n" + LIBRARY}).visit())
    assert diagnosis.ready, errors(diagnosis)
    assert "not tested with a planted slowdown: " in of(diagnosis, "Benchmark", "warning")[0].text


def test_large_files_are_named(make):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    target = make({"models/.gitattributes": "*.bin filter=lfs -text\n", "models/a.bin": pointer})
    diagnosis = examined(target.visit(quick=True))
    warnings = [finding.text for finding in of(diagnosis, "Repository", "warning")]
    assert "Git LFS files are pointers in a trial: models/a.bin" in warnings


def with_submodule(target):
    git("init", "-q", "sub", cwd=target.root)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=target.root / "sub")
    git("add", "sub", cwd=target.root)
    git("commit", "-q", "-m", "a submodule", cwd=target.root)
    return target


def test_a_submodule_whose_files_are_here_is_no_finding(make):
    diagnosis = examined(with_submodule(make()).visit(quick=True))
    levels = [finding.level for finding in of(diagnosis, "Repository")]
    assert levels == ["ok"] * len(levels)


def test_a_submodule_whose_files_are_not_here_is_an_error(make):
    target = with_submodule(make())
    shutil.rmtree(target.root / "sub" / ".git")
    diagnosis = examined(target.visit(quick=True))
    assert not diagnosis.ready
    assert "submodules whose files are not here: sub" in errors(diagnosis)
