"""Three programs whose limit is known, on whatever machine this is, without hardware counters."""

import os
import shutil
import subprocess
import sys

import pytest

from support import toy as toys
from whet.model.config import Bench, Build, Roofline
from whet.model.metric import Goal
from whet.model.profile import Profile
from whet.model.sampling import Examination
from whet.profiling import hot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("perf") is None, reason="perf is not installed"),
    pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed"),
]

STREAM = """\
double kernel(void)
{
    lanes *a = aligned_alloc(64, N);
    for (long i = 0; i < N / 16; i++) a[i] = (lanes){i, i};
    return total(a, N / 16, 6);
}
"""
TOTAL = """\
typedef double lanes __attribute__((vector_size(16)));
__attribute__((noinline)) double total(const lanes *a, long n, int passes)
{
    lanes s[8] = {{0}};
    while (passes--)
        for (long i = 0; i < n; i += 8) {
            s[0] += a[i]; s[1] += a[i + 1]; s[2] += a[i + 2]; s[3] += a[i + 3];
            s[4] += a[i + 4]; s[5] += a[i + 5]; s[6] += a[i + 6]; s[7] += a[i + 7];
        }
    return (s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7])[0];
}
"""
CHASE = """\
double kernel(void)
{
    long n = N / 64, *next = malloc(N), at = 0;
    for (long i = 0; i < n; i++) next[i * 8] = (i + 1) % n;
    unsigned long r = 1;
    for (long i = n - 1; i > 0; i--) {
        r = r * 6364136223846793005UL + 1442695040888963407UL;
        long j = (r >> 33) % i, t = next[i * 8];
        next[i * 8] = next[j * 8]; next[j * 8] = t;
    }
    return walk(next, at, 2 * n);
}
"""
WALK = """\
__attribute__((noinline)) double walk(long *next, long at, long steps)
{
    while (steps--) at = next[at * 8];
    return at;
}
"""
BLOCKED = """\
double kernel(void)
{
    static float a[64][64], b[64][64], c[64][64];
    for (int i = 0; i < 64; i++) for (int j = 0; j < 64; j++) { a[i][j] = i; b[i][j] = j; }
    for (int pass = 0; pass < 150; pass++)
        for (int i = 0; i < 64; i++)
            for (int k = 0; k < 64; k++)
                for (int j = 0; j < 64; j++) c[i][j] += a[i][k] * b[k][j];
    return c[5][6];
}
"""


def program(kernel, size):
    return (
        f"#include <stdlib.h>\n#define N {size}L\n{WALK}{TOTAL}"
        f"__attribute__((noinline)) {kernel}"
        "double cost(void) { return 100.0 + 1e-300 * kernel(); }\n"
        "int twice(int x) { return x + x; }\n"
    )


def limits(toy, body):
    """What bounds the functions of a program, the hottest first."""
    spec = toy.spec({"src/work.c": body}, mode="examine", design=None, examination=Examination(
        count="always", seconds=1.0,
    ))  # fmt: skip
    build = Build(command="cc -O2 -o prog src/work.c bench/main.c", timeout=60.0)
    spec = toys.replace(spec, a=spec.b, build=build, bench=Bench(command="./prog", timeout=60.0))
    outcome = toy.run_spec(spec)
    assert outcome.fault is None, outcome.fault
    if not outcome.examined.samplings or outcome.examined.samplings[0].by != "perf":
        pytest.skip(f"this kernel lets nobody sample: {outcome.examined.problems}")
    profile = Profile(
        commit="0" * 40, command="./prog", at=0.0, fingerprint=outcome.fingerprint,
        stages=outcome.stages, invocations=outcome.invocations, examined=outcome.examined,
    )  # fmt: skip
    found = hot.functions(profile, Roofline(), Goal(metric="cost"))
    return {one.frame.name: one for one in found if one.share > 0.05}


@pytest.fixture
def a_toy(tmp_path):
    store, base = toys.make(tmp_path)
    return toys.Toy(store=store, base=base, folder=tmp_path)


@pytest.fixture
def busy():
    """Other programs on every core, twice as many as there are cores."""
    count = 2 * len(os.sched_getaffinity(0))
    loops = [subprocess.Popen([sys.executable, "-c", "while 1: pass"]) for _ in range(count)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


def test_a_blocked_product_computes_also_beside_busy_programs(a_toy, busy):
    assert limits(a_toy, program(BLOCKED, 0))["kernel"].limit.kind == "compute"


def test_a_stream_is_never_called_compute(a_toy):
    found = limits(a_toy, program(STREAM, 192 << 20))["total"].limit
    assert found.kind in ("bandwidth", "unknown"), found
    assert found.used > 0.4, found


def test_a_walk_through_memory_waits(a_toy):
    found = limits(a_toy, program(CHASE, 128 << 20))["walk"].limit
    assert found.kind in ("latency", "unknown"), found
