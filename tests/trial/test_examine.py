"""A trial that watches one side instead of comparing two."""

import shutil
from dataclasses import replace

import pytest

from support import toy as toys
from whet.model.sampling import Ceilings, Examination
from whet.trial.sampling import callgrind, ceilings, perf, pyspy
from whet.trial.sampling.examine import NO_SAMPLER

BURN = """\
__attribute__((noinline)) double burn(int n)
{
    double x = 1;
    for (int i = 0; i < n; i++)
        x = x * 0.999 + 1;
    return x;
}
double cost(void) { return 100.0 + 1e-12 * burn(40000000); }
int twice(int x) { return x + x; }
"""
QUICK = Examination(ceilings=False, count="never", seconds=0.2)
NEEDS_PERF = pytest.mark.skipif(shutil.which("perf") is None, reason="perf is not installed")
NEEDS_VALGRIND = pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind")


def examined(toy, asked, body=BURN, **changes):
    spec = toy.spec({"src/work.c": body}, mode="examine", examination=asked, design=None, **changes)
    spec = toys.replace(spec, a=spec.b, build=toys.Build(command="make prog CFLAGS=", timeout=60.0))
    return toy.run_spec(spec)


@NEEDS_PERF
def test_the_function_that_takes_the_time_is_seen_in_the_jail(jailed):
    outcome = examined(jailed, QUICK)
    assert outcome.fault is None
    found = outcome.examined
    if not found.samplings:
        pytest.skip(f"this kernel lets nobody sample: {found.problems}")
    sampling = found.samplings[0]
    own = {}
    for stack in sampling.stacks:
        name = sampling.frames[stack.frames[-1]].name
        own[name] = own.get(name, 0) + stack.weight
    assert max(own, key=own.get) == "burn"
    assert own["burn"] > 0.5 * sum(own.values())
    assert {frame.file for frame in sampling.frames if frame.name == "burn"} == {"prog"}


def test_time_in_a_jail_is_time_all_the_same(jailed):
    outcome = examined(jailed, Examination(profile=False, ceilings=False, count="never"))
    assert [run.cpu > 0.01 for run in outcome.invocations] == [True] * 3


def test_nothing_is_compared_and_the_build_is_kept_for_the_campaign(toy):
    outcome = examined(toy, QUICK)
    assert outcome.pairs == ()
    assert [stage.name for stage in outcome.stages] == ["checkout", "build_a", "examine"]
    again = examined(toy, QUICK)
    assert again.stages[1].cached


def test_a_smaller_run_is_measured_beside_and_may_fail_without_harm(toy):
    small, body = replace(QUICK, profile=False, cached="./prog"), BURN.replace("0000000", "0000")
    found = examined(toy, small, body=body).examined
    assert [run.values["cost"] > 0 and run.cpu > 0 for run in found.cached] == [True] * 3
    failed = examined(toy, replace(small, cached="./prog && exit 3"), body=body)
    assert failed.fault is None
    assert failed.examined.cached == ()
    assert "`cached_command`: the benchmark ended with exit 3" in failed.examined.problems[0]


def test_a_benchmark_that_fails_is_a_stage_that_failed(toy):
    outcome = examined(toy, QUICK, bench={"command": "./prog && exit 3"})
    assert (outcome.fault.name, outcome.fault.fault) == ("examine", "crash")
    assert outcome.examined is None


def test_without_any_tool_there_is_a_remedy_and_no_guess(toy, monkeypatch):
    monkeypatch.setattr("whet.trial.sampling.examine.shutil.which", lambda *_, **__: None)
    found = examined(toy, QUICK).examined
    assert found.samplings == ()
    assert any("apt install linux-perf" in problem for problem in found.problems)
    assert "apt install" in NO_SAMPLER


def test_without_a_compiler_the_ceilings_say_so(toy, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    asked = Examination(profile=False, count="never")
    outcome = examined(toy, asked, build={"command": "make prog CC=cc", "timeout": 60.0})
    assert outcome.examined.ceilings.problem == ceilings.NO_COMPILER
    assert not list(toy.folder.rglob("ceilings/*"))


@NEEDS_VALGRIND
@pytest.mark.slow
def test_valgrind_stands_in_for_perf_and_counts(toy, monkeypatch):
    which = shutil.which
    monkeypatch.setattr(
        "whet.trial.sampling.examine.shutil.which",
        lambda name, path=None: None if name in ("perf", "py-spy") else which(name),
    )
    small = BURN.replace("40000000", "400000")
    found = examined(toy, Examination(ceilings=False, count="auto"), body=small).examined
    assert found.samplings[0].by == "callgrind"
    assert found.counted[0].name == "burn"
    assert found.counted[0].instructions > 400_000


PERF = """\
   12
\t            1203 inner(int, char)+0x43 (/tree/build/hot)
\t            10b1 main+0x51 (/tree/build/hot)
\t           27249 __libc_start_main@@GLIBC_2.34+0x79 (/usr/lib/libc.so.6)

   12
\t            1207 inner(int, char)+0x47 (/tree/build/hot)
\t            10b1 main+0x51 (/tree/build/hot)

   13
\t    7f00deadbeef [unknown] (/tmp/x (deleted))
\t    7f00deadbee0 [unknown] ([unknown])
nonsense
"""


def test_samples_of_perf_are_stacks_with_the_caller_first():
    samples = perf.read(PERF, "/tree")
    found = perf.sampling(samples, {("/tree/build/hot", "1203"): ("src/hot.c", 7)}, 1, 0.5)
    names = [[found.frames[f].name for f in stack.frames] for stack in found.stacks]
    assert ["main", "inner(int, char)"] in names
    assert ["[unknown]", "[x (deleted)]"] in names
    assert found.frames[0].file == "build/hot"
    assert [(line.file, line.line, line.weight) for line in found.lines] == [("src/hot.c", 7, 1)]
    assert found.threads == 2


def test_what_is_no_sample_is_no_sample():
    assert perf.read("perf: command not found\n", "/tree").total == 0


PYSPY = """\
process 1:"sh -c a; b (c)";process 2:"python3 w.py";<module> (/tree/w.py:7);f (/tree/w.py:3) 130
process 1:"sh -c a" 2
half a line
"""


def test_frames_of_python_are_told_from_names_of_processes():
    found = pyspy.read(PYSPY, "/tree", 1, 0.1)
    stack = found.stacks[0]
    assert [found.frames[f].name for f in stack.frames][-2:] == ["<module>", "f"]
    assert found.frames[stack.frames[-1]].file == "w.py"
    assert (found.lines[0].file, found.lines[0].line, found.lines[0].weight) == ("w.py", 3, 130)


CALLS = """\
# callgrind format
positions: line
events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw
ob=(1) /tree/prog
fl=(2) /tree/src/a.c
fn=(3) main
5 10 1 0 1 2
cfn=(4) leaf
calls=1 -1
* 900 9 9 9 9 9 9 9 9
+2 7
fn=(4)
*  0
9 900 9 0 0 50 5 0 40 4
"""


def test_costs_of_callgrind_are_a_functions_own():
    sampling, counted = callgrind.read(CALLS, "/tree", 1.0)
    assert [(c.name, c.instructions, c.near, c.far) for c in counted] == [
        ("leaf", 900, 55, 44),
        ("main", 17, 2, 0),
    ]
    assert ("src/a.c", 9) in {(line.file, line.line) for line in sampling.lines}


def test_ceilings_are_read_as_they_are_printed():
    text = "clock 3e9\nscalar 1e10\nvector 1e11\nread 4096 2e11\nchase 4096 1e-9\nall 4096 2 3e11\n"
    found = ceilings.read(text, (32768,), 1.5)
    assert (found.clock, found.together, found.threads) == (3e9, 3e11, 2)
    assert [(level.size, level.latency) for level in found.levels] == [(4096, 1e-9)]
    assert ceilings.read("clock 3e9\n", (), 1.0).problem
    assert not Ceilings().problem
