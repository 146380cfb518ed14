"""From what was sampled to functions, their shares and what bounds them."""

from dataclasses import replace

import pytest

from whet.model.config import Bench as BenchConfig
from whet.model.config import Config, Roofline
from whet.model.metric import Goal
from whet.model.profile import Profile
from whet.model.sampling import (
    Ceilings,
    Counted,
    Examined,
    Frame,
    HotLine,
    Level,
    Sampling,
    SmallRun,
    Stack,
)
from whet.model.trial import Fingerprint, Invocation
from whet.profiling import hot
from whet.profiling.kept import load, place, save
from whet.report import hotspots
from whet.report.flame import flame
from whet.report.span import plain

MACHINE = Ceilings(
    clock=3e9, scalar=1e10, vector=1e11, together=4e10, threads=2, caches=(1 << 15, 1 << 25),
    levels=(
        Level(size=1 << 14, bandwidth=2e11, latency=1e-9),
        Level(size=1 << 24, bandwidth=6e10, latency=3e-8),
        Level(size=1 << 28, bandwidth=2e10, latency=1e-7),
    ),
)  # fmt: skip
HOST = Fingerprint(
    host="h", machine="m", cpu="c", cores=2, kernel="k", compiler="c", python="3", sandbox="none"
)
SAMPLING = Sampling(
    by="perf",
    runs=1,
    frames=(
        Frame(name="main", module="prog", file="prog"),
        Frame(name="dot<script>&\u202e", module="prog", file="prog"),
        Frame(name="memcpy", module="libc.so.6"),
    ),
    stacks=(
        Stack(frames=(0, 1), weight=80),
        Stack(frames=(0, 1, 2), weight=15),
        Stack(frames=(0,), weight=5),
    ),
    lines=(HotLine(file="src/dot.c", line=12, frame=1, weight=60),),
)
GOAL = Goal(metric="tok_s", direction="higher")
DECODE = Profile(
    commit="a" * 40, command="./bench", at=0.0, fingerprint=HOST, stages=(),
    invocations=(Invocation(values={"tok_s": 19.0}, wall=2.0, cpu=1.0),),
    examined=Examined(samplings=(SAMPLING,), ceilings=MACHINE),
)  # fmt: skip


def test_shares_are_of_the_time_alone_and_with_callees():
    found = hot.functions(DECODE, Roofline(), GOAL)
    assert [(one.share, one.total) for one in found] == [(0.8, 0.95), (0.15, 0.15), (0.05, 1.0)]
    assert found[0].lines == (("src/dot.c", 12, 0.6),)


def test_a_second_of_the_clock_on_half_a_core_is_half_a_second():
    limit = hot.limit(DECODE, Roofline(bytes_per_unit=5e8), GOAL)
    assert limit.kind == "bandwidth"
    assert limit.used == pytest.approx(19 * 2 * 5e8 / 2e10)


def test_the_dominant_function_has_the_limit_of_the_whole_and_others_have_none():
    found = hot.functions(DECODE, Roofline(bytes_per_unit=5e8), GOAL)
    assert [one.limit.kind for one in found] == ["bandwidth", "unknown", "unknown"]


def test_a_smaller_run_decides_for_the_whole_and_for_its_dominant_function():
    small = SmallRun(values={"tok_s": 760.0}, wall=2.0, cpu=1.0)
    told = replace(DECODE, examined=replace(DECODE.examined, cached=(small,)))
    said = Roofline(bytes_per_unit=4e8, cached_command="./bench small", cached_bytes_per_unit=1e7)
    assert hot.limit(DECODE, said, GOAL).kind == "bandwidth"
    assert hot.limit(told, said, GOAL).kind == "compute"
    assert hot.functions(told, said, GOAL)[0].limit.kind == "compute"


def test_nothing_declared_and_nothing_counted_is_unknown():
    limit = hot.limit(DECODE, Roofline(), GOAL)
    assert limit.kind == "unknown"
    assert "nobody says" in limit.why[0]


def test_a_goal_that_is_no_rate_is_told_apart():
    goal = Goal(metric="score", direction="lower")
    profile = replace(DECODE, invocations=(Invocation(values={"score": 3.0}, wall=1.0, cpu=1.0),))
    limit = hot.limit(profile, Roofline(bytes_per_unit=5e8), goal)
    assert (limit.kind, "neither a rate" in limit.why[0]) == ("unknown", True)


def test_a_time_is_a_rate_upside_down():
    assert hot.units(Goal(metric="t_ms", direction="lower"), 50.0) == pytest.approx(20.0)
    assert hot.units(Goal(metric="x", unit="s", direction="lower"), 0.5) == pytest.approx(2.0)
    assert hot.units(GOAL, 0.0) is None


def test_what_was_counted_bounds_each_function_by_itself():
    counted = (
        Counted(name="dot<script>&\u202e", module="prog", instructions=10**9,
                near=2 * 10**8, far=2 * 10**8),
        Counted(name="memcpy", module="libc.so.6", instructions=10**9, near=10, far=1),
    )  # fmt: skip
    profile = replace(DECODE, examined=replace(DECODE.examined, counted=counted))
    found = hot.functions(profile, Roofline(), GOAL)
    assert [one.limit.kind for one in found] == ["bandwidth", "compute", "unknown"]
    assert hot.limit(profile, Roofline(), GOAL).kind == "bandwidth"


def test_a_profile_is_kept_for_a_commit_and_a_way_to_measure(tmp_path):
    config = Config(goal=GOAL, bench=BenchConfig(command="./bench"))
    path = place(tmp_path, DECODE.commit, config)
    save(path, DECODE)
    assert load(path) == DECODE
    other = replace(config, bench=BenchConfig(command="./bench -n 1"))
    assert place(tmp_path, DECODE.commit, other) != path
    path.write_text("{")
    assert load(path) is None
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_names_from_programs_are_text_in_the_flame_graph():
    drawn = flame(SAMPLING, "bench <b> \x1b[31m", "light")
    assert drawn.count("<svg") == 1
    assert "<script>" not in drawn
    assert "<b>" not in drawn
    assert "\u202e" not in drawn
    assert "dot&lt;script&gt;&amp;&lt;U+202E&gt;" in drawn
    assert "80.0%" not in drawn.partition("memcpy")[0][-40:]


def test_a_terminal_shows_the_limit_and_its_reason():
    roofline = Roofline(bytes_per_unit=5e8)
    told = "\n".join(
        plain(one)
        for one in hotspots.lines(
            DECODE, hot.functions(DECODE, roofline, GOAL), hot.limit(DECODE, roofline, GOAL),
            top=2, width=100,
        )
    )  # fmt: skip
    assert "bandwidth: bytes from memory. Moves 19 GB/s of the 20 GB/s" in told
    assert "src/dot.c:12" in told
    assert "5.0%  in 1 other: whet profile --top 3" in told
    assert "\u202e" not in told


def test_long_names_that_begin_alike_can_be_told_apart_on_a_narrow_terminal():
    names = [f"library_compute_forward_{last}" for last in ("attention_tiled", "rms_norm_f32")]
    sampling = replace(
        SAMPLING,
        frames=tuple(Frame(name=name, module="prog", file="build/bin/prog") for name in names),
        stacks=(Stack(frames=(0,), weight=60), Stack(frames=(1,), weight=40)),
        lines=(),
    )
    profile = replace(DECODE, examined=Examined(samplings=(sampling,), ceilings=MACHINE))
    told = [
        plain(one)
        for one in hotspots.lines(
            profile, hot.functions(profile, Roofline(), GOAL), hot.limit(profile, Roofline(), GOAL),
            top=2, width=72,
        )
    ]  # fmt: skip
    assert any("attention_tiled  build/bin/prog" in one for one in told)
    assert any("rms_norm_f32  build/bin/prog" in one for one in told)
    assert all(len(one) <= 72 for one in told if "%" in one[:9])
