"""Whole trials of candidates that are good, bad and broken."""

import pytest

from support.toy import COMMENT, DESIGN, FASTER, MAIN, SAME, WORK, work
from whet.judge.sequential import decide


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    """One worker for all trials here, so that the base is built once."""
    return tmp_path_factory.mktemp("worker") / "local"


@pytest.fixture(autouse=True)
def on_one_worker(toy, worker):
    toy.work = worker


def stages(outcome):
    return [(stage.name, stage.ok) for stage in outcome.stages]


def fault(outcome):
    return outcome.fault.name, outcome.fault.fault


def test_a_faster_candidate_is_accepted(jailed):
    outcome = jailed.run(FASTER)
    assert outcome.fault is None
    assert [name for name, _ in stages(outcome)][:6] == [
        "checkout", "build_a", "build_b", "checks", "warmup", "measure",
    ]  # fmt: skip
    decision = decide(DESIGN, outcome.pairs)
    assert (decision.action, decision.pairs) == ("accept", len(outcome.pairs))
    assert outcome.pairs[0].b.values["cost"] < outcome.pairs[0].a.values["cost"]
    assert outcome.fingerprint.sandbox == jailed.kind


def test_a_candidate_of_the_same_speed_is_given_up_early(jailed):
    outcome = jailed.run(SAME)
    decision = decide(DESIGN, outcome.pairs)
    assert (decision.action, decision.pairs) == ("futile", len(outcome.pairs))
    assert len(outcome.pairs) < 12


def test_a_slower_candidate_is_given_up_early(toy):
    outcome = toy.run({"src/work.c": WORK.replace("100.0", "130.0")})
    assert decide(DESIGN, outcome.pairs).action == "futile"


def test_a_wrong_candidate_fails_its_checks_and_is_not_measured(toy):
    outcome = toy.run({"src/work.c": WORK.replace("x + x", "x + 1").replace("100", "1")})
    assert fault(outcome) == ("checks", "exit")
    assert outcome.fault.detail == "FAIL: twice(21) is not 42"
    assert "FAIL" in outcome.fault.log
    assert outcome.pairs == ()


def test_a_candidate_that_does_not_compile_says_what_the_compiler_said(toy):
    outcome = toy.run({"src/work.c": WORK + "int broken = ;\n"})
    assert fault(outcome) == ("build_b", "exit")
    assert outcome.fault.detail.startswith("src/work.c:3:")
    assert "expected expression before" in outcome.fault.detail
    assert "src/work.c:3" in outcome.fault.log


def test_an_incumbent_that_does_not_compile_is_not_the_candidates_fault(toy):
    broken = toy.candidate({"src/work.c": "int broken = ;\n"})
    outcome = toy.run(FASTER, a=broken)
    assert fault(outcome) == ("build_a", "incumbent")
    assert stages(outcome) == [("checkout", True), ("build_a", False)]


def test_a_build_that_takes_too_long_is_timed_out(toy):
    slow = {"Makefile": "prog:\n\tsleep 600\n"}
    outcome = toy.run(slow, a=toy.base, build={"timeout": 0.8})
    assert fault(outcome) == ("build_b", "timeout")
    assert outcome.fault.detail == "`make prog` took longer than 0.8 s"


def test_a_candidate_that_crashes_says_how(jailed):
    outcome = jailed.run(work("abort();"))
    assert fault(outcome) == ("warmup", "crash")
    assert "SIGABRT" in outcome.fault.detail
    assert outcome.failures == {"a": 0, "b": 1}


def test_an_incumbent_that_crashes_is_not_the_candidates_fault(toy):
    outcome = toy.run(FASTER, a=toy.candidate(work("abort();")))
    assert fault(outcome) == ("warmup", "incumbent")


def test_a_candidate_that_never_ends_is_timed_out(jailed):
    outcome = jailed.run(work("for (;;) sleep(600);"), bench={"timeout": 0.5})
    assert fault(outcome) == ("warmup", "timeout")
    assert outcome.fault.detail == "no result within 0.5 s"


def test_a_candidate_without_the_metric_is_told_what_there_was(toy):
    main = MAIN.replace("METRIC cost", "METRIC speed")
    outcome = toy.run({**FASTER, "bench/main.c": main}, protect=())
    assert fault(outcome) == ("warmup", "no_metric")
    assert outcome.fault.detail == "the output has no metric `cost`; it has speed"


@pytest.mark.parametrize("value", ["0", "-1", "0.0 / 0.0", "1.0 / 0.0", "1e-400"])
def test_a_value_that_has_no_ratio_is_the_candidates_fault(value, toy):
    outcome = toy.run({"src/work.c": WORK.replace("100.0", value)})
    assert outcome.fault.fault == "no_metric"
    assert outcome.fault.name in ("warmup", "measure")


def test_a_candidate_that_prints_nothing_has_no_metric(toy):
    outcome = toy.run(work("exit(0);"))
    assert fault(outcome) == ("warmup", "no_metric")


def test_checks_see_the_incumbents_build(jailed):
    command = 'test -x "$WHET_BASELINE/prog" && test "$WHET_TREE" = "$PWD" && echo seen'
    outcome = jailed.run(FASTER, mode="checks", checks={"command": command})
    (checks,) = [stage for stage in outcome.stages if stage.name == "checks"]
    assert (checks.ok, checks.detail) == (True, "seen")


def test_checks_that_pass_by_luck_are_asked_again_before_a_keep(toy):
    outcome = toy.run(FASTER)
    assert [name for name, _ in stages(outcome)].count("checks") == 2


def test_output_that_differs_is_shown_where_it_differs(toy):
    tells = 'printf "first\\nseed "; echo $WHET_SEED; grep -o "80.0" src/work.c || echo 100.0'
    outcome = toy.run(FASTER, checks={"equivalence": tells})
    assert fault(outcome) == ("equivalence", "output_differs")
    assert outcome.fault.detail == "output line 3: `100.0` became `80.0`"


def test_output_that_is_shorter_is_found(toy):
    tells = "grep -q 80.0 src/work.c || echo more"
    outcome = toy.run(FASTER, checks={"equivalence": tells})
    assert outcome.fault.detail == "the output has 0 lines instead of 1"


def test_equal_output_for_the_same_seed_passes(toy):
    outcome = toy.run(FASTER, mode="checks", checks={"equivalence": "echo $WHET_SEED; ls"})
    assert ("equivalence", True) in stages(outcome)


def test_checks_have_the_variables_of_the_benchmark(toy):
    says = 'test "$MODEL" = small'
    done = toy.run(
        FASTER, mode="checks", bench={"env": {"MODEL": "small"}},
        checks={"command": says, "equivalence": says},
    )  # fmt: skip
    assert done.fault is None


def test_an_equivalence_that_fails_blames_the_side_it_failed_on(toy):
    a_fails = "grep -q 80.0 src/work.c"
    assert fault(toy.run(FASTER, checks={"equivalence": a_fails})) == ("equivalence", "incumbent")
    b_fails = "grep -q 100.0 src/work.c"
    assert fault(toy.run(FASTER, checks={"equivalence": b_fails})) == ("equivalence", "exit")


# The same program twice.


def test_a_change_of_comments_is_the_identical_program(jailed):
    outcome = jailed.run(COMMENT)
    assert (outcome.identical, outcome.pairs, outcome.fault) == (True, (), None)
    assert "checks" not in dict(stages(outcome))


@pytest.mark.parametrize("path", ["tool.py", "notes.txt", "Makefile", "data.json"])
def test_a_change_of_anything_else_is_measured(path, toy):
    text = {"Makefile": "prog:\n\tcc -O1 -o prog src/work.c bench/main.c\n"}.get(path, "changed\n")
    outcome = toy.run({**COMMENT, path: text})
    assert not outcome.identical
    assert len(outcome.pairs) >= 3


def test_no_change_at_all_is_identical(toy):
    outcome = toy.run(b=toy.base)
    assert (outcome.identical, outcome.pairs) == (True, ())


def test_identical_programs_are_measured_where_asked_for(toy):
    assert len(toy.run(COMMENT, distinct=True).pairs) >= 3


def test_of_identical_programs_a_fixed_number_of_pairs_is_taken_and_it_is_said(toy):
    outcome = toy.run(COMMENT, mode="fixed", pairs=4)
    assert (outcome.identical, len(outcome.pairs), outcome.fault) == (True, 4, None)


def test_a_program_that_differs_by_its_path_alone_is_identical(toy):
    # assert() and friends put the path of the tree into the program
    path = 'const char *where = __FILE__;\n#line 1 "x"\n'
    make = {"Makefile": "prog:\n\tcc -O1 -o prog $(CURDIR)/src/work.c $(CURDIR)/bench/main.c\n"}
    base = toy.candidate({"src/work.c": path + WORK, **make})
    other = toy.candidate({"src/work.c": path + WORK + "// comment\n", **make})
    assert toy.run(a=base, b=other).identical


def test_a_target_that_builds_no_program_is_measured(toy):
    script = {"run.sh": "echo METRIC cost=10$(od -An -N1 -tu1 /dev/urandom)\n"}
    base = toy.candidate(script)
    other = toy.candidate({**script, **COMMENT})
    outcome = toy.run(
        a=base, b=other, build={"command": ""}, bench={"command": "sh run.sh | tr -d ' '"},
        run_checks=False,
    )  # fmt: skip
    assert not outcome.identical


# Modes.


def test_fixed_pairs_are_as_many_as_asked_for(toy):
    outcome = toy.run(FASTER, mode="fixed", pairs=3, design=None)
    assert len(outcome.pairs) == 3


def test_only_checks_means_no_pairs(toy):
    outcome = toy.run(FASTER, mode="checks")
    assert (outcome.pairs, outcome.fault) == ((), None)
    assert stages(outcome)[-1] == ("checks", True)


def test_checks_can_be_left_out(toy):
    outcome = toy.run(FASTER, run_checks=False)
    assert "checks" not in dict(stages(outcome))
    assert outcome.pairs


def test_the_same_code_is_built_in_two_trees(toy):
    toy.work = toy.folder / "worker" / "local"
    outcome = toy.run(b=toy.base, same_code=True, mode="fixed", pairs=2)
    builds = [stage for stage in outcome.stages if stage.name.startswith("build")]
    assert [(stage.ok, stage.cached) for stage in builds] == [(True, False), (True, False)]
    trees = [path for path in (toy.work / "t").iterdir() if path.is_dir()]
    assert len(trees) == 2
    assert len({len(str(path)) for path in trees}) == 1
    assert not outcome.identical
    assert len(outcome.pairs) == 2


def test_the_wall_clock_can_be_the_metric(toy):
    outcome = toy.run(
        FASTER, mode="fixed", pairs=2, metrics=("wall_s", "cpu_s"), bench={"format": "time"},
    )  # fmt: skip
    for pair in outcome.pairs:
        for run in (pair.a, pair.b):
            assert run.values == {"wall_s": run.wall, "cpu_s": run.cpu}


def test_what_is_going_on_is_told(toy):
    toy.work = toy.folder / "worker" / "local"
    toy.run(FASTER)
    began = [stage for _, stage, _, done in toy.said if done is None and stage != "measure"]
    assert began == ["checkout", "build", "build", "checks", "warmup", "checks"]
    counted = [n for _, stage, n, done in toy.said if stage == "measure" and done is None]
    assert counted == list(range(1, len(counted) + 1))


def test_time_is_accounted_for(toy):
    outcome = toy.run(FASTER)
    assert 0 < outcome.overhead < outcome.seconds
    assert sum(stage.seconds for stage in outcome.stages) <= outcome.seconds
    times = [run.at for pair in outcome.pairs for run in (pair.a, pair.b)]
    assert min(times) > 0


# Several candidates in one block.


def block(toy, **files):
    """The outcomes of candidates by their names, tried in one block."""
    specs = [toy.spec(changed, id=name) for name, changed in files.items()]
    outcomes = toy.run_block(*specs)
    assert [outcome.id for outcome in outcomes] == list(files)
    return dict(zip(files, outcomes, strict=True))


def test_in_a_block_every_candidate_comes_to_its_own_end(jailed):
    found = block(
        jailed,
        good=FASTER,
        null=SAME,
        comment=COMMENT,
        broken={"src/work.c": WORK + "int broken = ;\n"},
        wrong={"src/work.c": WORK.replace("x + x", "x + 1")},
        crash=work("abort();"),
        bad={"src/work.c": WORK.replace("100.0", "130.0")},
    )
    assert decide(DESIGN, found["good"].pairs).action == "accept"
    assert [name for name, _ in stages(found["good"])][-1] == "checks"
    assert decide(DESIGN, found["null"].pairs).action == "futile"
    assert decide(DESIGN, found["bad"].pairs).action == "futile"
    assert found["comment"].identical
    assert fault(found["broken"]) == ("build_b", "exit")
    assert fault(found["wrong"]) == ("checks", "exit")
    assert fault(found["crash"]) == ("warmup", "crash")
    assert [name for name, one in found.items() if one.pairs] == ["good", "null", "bad"]


def test_in_a_block_the_incumbent_is_built_once_and_runs_once_for_all(toy):
    toy.work = toy.folder / "worker" / "local"
    found = block(toy, good=FASTER, null=SAME, bad={"src/work.c": WORK.replace("100.0", "130.0")})
    ran = {run.at for one in found.values() for pair in one.pairs for run in (pair.a, pair.b)}
    assert len(ran) == sum(2 * len(one.pairs) - one.shared for one in found.values())
    assert sum(one.shared for one in found.values()) >= 6
    built = [name for trial, name, _, done in toy.said if name == "build" and trial == "good"]
    assert built == ["build", "build"]
    assert all(stages(one)[:3] == stages(found["good"])[:3] for one in found.values())


def test_the_time_of_a_block_is_shared_out(toy):
    import time

    begun = time.monotonic()
    found = block(toy, good=FASTER, null=SAME)
    total = time.monotonic() - begun
    spent = sum(one.seconds for one in found.values())
    assert 0 < spent <= total
    assert spent > 0.5 * total
    for one in found.values():
        assert sum(stage.seconds for stage in one.stages) <= one.seconds
        assert 0 < one.overhead < one.seconds


def test_an_incumbent_that_crashes_leaves_the_whole_block_unjudged(toy):
    crash = toy.candidate(work("abort();"))
    specs = [toy.spec(files, id=name, a=crash) for name, files in (("1", FASTER), ("2", SAME))]
    outcomes = toy.run_block(*specs)
    assert [fault(outcome) for outcome in outcomes] == [("warmup", "incumbent")] * 2


def test_accepted_candidates_of_a_block_are_asked_on_the_same_fresh_inputs(toy):
    twice = {"src/work.c": WORK.replace("100.0", "70.0")}
    specs = [
        toy.spec(files, id=name, bench={"fresh_inputs": "true"})
        for name, files in (("one", FASTER), ("two", twice), ("null", SAME))
    ]
    one, two, null = toy.run_block(*specs)
    assert (len(one.fresh), len(two.fresh), null.fresh) == (4, 4, ())
    assert [pair.a for pair in one.fresh] == [pair.a for pair in two.fresh]
