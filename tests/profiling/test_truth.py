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


SIZED = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
typedef float lanes __attribute__((vector_size(64)));
__attribute__((noinline)) void work(const lanes *a, long n, lanes *s)
{
    for (long i = 0; i < n; i += 4)
        for (int k = 0; k < 4; k++) {
            lanes x = a[i + k];
            for (int j = 0; j < STEPS; j++) x = x * x + a[i + k];
            s[k] += x;
        }
}
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
int main(int argc, char **argv)
{
    long bytes = atol(argv[1]), passes = atol(argv[2]);
    lanes *a = aligned_alloc(64, bytes), s[4] = {{0}};
    memset(a, 0, bytes);
    double began = now();
    for (long pass = 0; pass < passes; pass++) work(a, bytes / 64, s);
    double took = now() - began;
    printf("METRIC cost=%.9g\\n", took / passes + 1e-30 * s[0][0]);
    return argc < 3;
}
"""
LARGE, SMALL = 192 << 20, 256 << 10


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


def witnessed(toy, steps):
    """What bounds a loop of so many steps for each vector, with a smaller run as a witness."""
    small = f"./prog {SMALL} 1024"
    asked = Examination(count="never", seconds=0.5, cached=small)
    spec = toy.spec({"src/work.c": SIZED}, mode="examine", design=None, examination=asked)
    compiler = f"cc -O2 -DSTEPS={steps} -o prog src/work.c"
    build = f"{compiler} -march=native || {compiler}"
    spec = toys.replace(spec, a=spec.b, build=Build(command=build, timeout=60.0),
                        bench=Bench(command=f"./prog {LARGE} 2", timeout=60.0))  # fmt: skip
    outcome = toy.run_spec(spec)
    assert outcome.fault is None, outcome.fault
    profile = Profile(
        commit="0" * 40, command="./prog", at=0.0, fingerprint=outcome.fingerprint,
        stages=outcome.stages, invocations=outcome.invocations, examined=outcome.examined,
    )  # fmt: skip
    said = Roofline(bytes_per_unit=LARGE, cached_command=small, cached_bytes_per_unit=SMALL)
    return hot.declared(profile, said, Goal(metric="cost", unit="s"))


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


def test_a_smaller_run_tells_what_computes_from_what_waits_for_memory(a_toy):
    busy = witnessed(a_toy, 300)
    assert busy.kind == "compute", busy
    assert "does not wait for memory" in busy.why[-1]
    stream = witnessed(a_toy, 0)
    assert stream.kind in ("bandwidth", "unknown"), stream
    assert "times as much" in stream.why[-1]
