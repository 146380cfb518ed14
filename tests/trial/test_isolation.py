"""What a candidate may not do: keep an answer, change its judge, leave something behind."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from support.toy import FASTER, FILES, MAIN, WORK, work


def fault(outcome):
    return outcome.fault.name, outcome.fault.fault


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def everything(outcome):
    return [run for pair in outcome.pairs for run in (pair.a, pair.b)]


# An answer that was kept would be found by the next invocation. This program counts what it finds.

KEEPER = r"""
static int hits;
static void keep(const char *path) {
    char line[8] = "";
    FILE *file = fopen(path, "r");
    if (file) { if (fgets(line, 8, file) && line[0] == '!') hits++; fclose(file); }
    file = fopen(path, "w");
    if (file) { fputs("!\n", file); fclose(file); }
}
static void keep_in(const char *variable) {
    char path[4096];
    if (!getenv(variable)) return;
    snprintf(path, sizeof path, "%s/kept", getenv(variable));
    keep(path);
}
"""
KEEP = """
    static int once;
    if (!once++) {
        mkdir("new", 0777); mkdir("src/deep", 0777); mkdir("locked", 0777);
        mkdir("__pycache__", 0777);
        keep("kept"); keep("new/kept"); keep("src/deep/kept"); keep("locked/kept");
        keep("notes.txt"); keep("src/spare.txt"); keep("__pycache__/x.pyc");
        chmod("locked", 0); chmod("new", 0500);
        remove("tool.py"); symlink("/etc/passwd", "link");
        keep_in("HOME"); keep_in("TMPDIR"); keep_in("XDG_CACHE_HOME");
        printf("METRIC hits=%d\\n", hits);
    }
"""
KEEPING = {
    **work(KEEP, cost=80.0, includes="#include <sys/stat.h>\n" + KEEPER),
    "src/spare.txt": "  \n",
}  # fmt: skip


def test_nothing_that_an_invocation_writes_is_there_for_the_next_one(jailed):
    twice = jailed.candidate({**KEEPING, "notes.txt": "of the base\n"})
    outcome = jailed.run(
        KEEPING, a=twice, mode="fixed", pairs=3, metrics=("cost", "hits"), run_checks=False
    )
    assert outcome.fault is None
    assert [run.values["hits"] for run in everything(outcome)] == [0.0] * 6
    for side in (0, 1):
        tree = jailed.tree(side)
        assert not (tree / "kept").exists()
        assert not (tree / "new").exists()
        assert (tree / "src" / "spare.txt").read_text() == "  \n"
    assert {path.name for path in jailed.work.iterdir()} == {"objects.git", "t"}


def test_nothing_that_the_checks_write_is_there_for_the_benchmark(jailed):
    keep = "echo ! > kept; echo ! > notes.txt; echo ! > data/extra; true"
    count = 'echo METRIC hits=$(cat kept data/extra notes.txt 2>/dev/null | grep -c "!"); ./prog'
    outcome = jailed.run(
        FASTER, mode="fixed", pairs=1, metrics=("cost", "hits"),
        bench={"command": count}, checks={"command": keep, "equivalence": keep},
    )  # fmt: skip
    assert outcome.fault is None
    assert [run.values["hits"] for run in everything(outcome)] == [0.0, 0.0]


def test_what_the_build_made_stays(toy):
    make = FILES["Makefile"] + "\techo built > made; echo built > notes.txt\n"
    count = "echo METRIC built=$(cat made notes.txt | grep -c built); echo run >> made; ./prog"
    outcome = toy.run(
        {**FASTER, "Makefile": make}, a=toy.candidate({"Makefile": make}), mode="fixed",
        pairs=2, metrics=("cost", "built"), bench={"command": count},
    )  # fmt: skip
    assert [run.values["built"] for run in everything(outcome)] == [2.0] * 4


def test_a_cache_for_builds_is_not_there_to_write_while_measuring(jailed):
    if jailed.kind == "none":
        pytest.skip("without a jail every folder can be written")
    cache = jailed.folder / "cache" / "deep"
    make = {"Makefile": FILES["Makefile"] + f"\techo built >> {cache}/log\n"}
    bench = f"echo run >> {cache}/log; ./prog"
    outcome = jailed.run(
        {**FASTER, **make}, a=jailed.candidate(make), mode="fixed", pairs=1,
        build={"cache": (str(cache),)}, bench={"command": bench},
    )  # fmt: skip
    assert outcome.fault is None
    assert (cache / "log").read_text() == "built\nbuilt\n"


# The files that judge.


def test_a_candidate_does_not_bring_its_own_judge(toy):
    cheat = {
        "bench/main.c": MAIN.replace("cost() *", "1.0 *"), "bench/extra.mk": "x",
        "data/table.txt": "9 9 9\n",
    }  # fmt: skip
    spec = toy.spec({**FASTER, **cheat}, mode="fixed", pairs=1)
    outcome = toy.run_spec(spec)
    assert outcome.pairs[0].b.values["cost"] == pytest.approx(80.0, rel=0.01)
    for side in (0, 1):
        assert (toy.tree(side) / "bench" / "main.c").read_text() == MAIN
        assert (toy.tree(side) / "data" / "table.txt").read_text() == "1 2 3\n"
        assert not (toy.tree(side) / "bench" / "extra.mk").exists()


def test_a_protected_file_that_the_candidate_removed_is_there(toy):
    spec = toy.spec(b=toy.candidate(FASTER, without=["bench/main.c", "data/table.txt"]))
    assert toy.run_spec(spec).fault is None
    assert (toy.tree(1) / "bench" / "main.c").read_text() == MAIN


def test_a_protected_folder_replaced_by_a_link_is_a_folder_again(jailed):
    outside = jailed.folder / "outside"
    outside.mkdir()
    (outside / "main.c").write_text("int main(void) { return 0; }\n")
    edit = jailed.folder / "edit"
    jailed.candidate(FASTER)
    for path in (edit / "bench").iterdir():
        path.unlink()
    (edit / "bench").rmdir()
    (edit / "bench").symlink_to(outside)
    b = jailed.store.commit(jailed.store.take(edit, jailed.base), "x\n")
    assert jailed.run(b=b).fault is None
    assert (outside / "main.c").read_text() == "int main(void) { return 0; }\n"
    assert (jailed.tree(1) / "bench" / "main.c").read_text() == MAIN


@pytest.mark.parametrize("edit", [
    "echo >> data/table.txt", "rm data/table.txt", "chmod +x data/table.txt",
    "rm data/table.txt; mkfifo data/table.txt",
    "rm data/table.txt; ln -s ../notes.txt data/table.txt",
    "mv data other; cp -r other data; echo >> data/table.txt",
])  # fmt: skip
def test_a_build_that_changes_a_protected_file_is_caught(edit, toy):
    outcome = toy.run({**FASTER, "Makefile": FILES["Makefile"] + f"\t{edit}\n"})
    assert fault(outcome) == ("build_b", "protected")
    assert outcome.fault.detail == "the build changed data/table.txt"


MEDDLE = 'FILE *f = fopen("data/table.txt", "w"); if (f) { fputs("7", f); fclose(f); }'


def test_a_run_cannot_change_a_protected_file_unseen(jailed):
    outcome = jailed.run(work(MEDDLE, cost=80.0))
    if jailed.kind == "none":
        assert fault(outcome) == ("warmup", "protected")
        assert outcome.fault.detail == "the benchmark run changed data/table.txt"
    else:
        assert outcome.fault is None
    assert (jailed.tree(1) / "data" / "table.txt").read_text() == "1 2 3\n"


def test_a_run_that_moves_the_folder_of_a_protected_file_is_caught(jailed):
    swap = 'rename("data", "away"); mkdir("data", 0777); ' + MEDDLE
    outcome = jailed.run(work(swap, cost=80.0, includes="#include <sys/stat.h>"))
    assert fault(outcome) == ("warmup", "protected")


def test_more_protected_files_than_can_be_mounted_are_watched_all_the_same(jailed):
    many = {f"data/{number:03d}": "x\n" for number in range(80)}
    base = jailed.candidate(many)
    b = jailed.candidate({**many, **work(MEDDLE, cost=80.0)})
    assert fault(jailed.run(b=b, a=base, base=base)) == ("warmup", "protected")


def test_protected_files_too_large_to_hash_each_time_are_watched_all_the_same(toy, monkeypatch):
    from whet.trial import protected

    monkeypatch.setattr(protected, "HASHED_EACH_TIME", 3)
    outcome = toy.run(work(MEDDLE.replace('"7"', '"1 2 3\\n"'), cost=80.0))
    assert fault(outcome) == ("warmup", "protected")


@pytest.mark.parametrize(("stage", "checks"), [
    ("checks", {"command": "echo >> data/table.txt"}),
    ("equivalence", {"equivalence": "grep -q 80.0 src/work.c && echo >> data/table.txt; true"}),
])  # fmt: skip
def test_checks_that_change_a_protected_file_are_caught(stage, checks, toy):
    outcome = toy.run(FASTER, checks=checks)
    assert fault(outcome) == (stage, "protected")
    assert (toy.tree(1) / "data" / "table.txt").read_text() == "1 2 3\n"


def test_a_program_that_rewrites_itself_is_not_accepted(jailed):
    rewrite = (
        'FILE *f = fopen("helper.sh", "a"); if (f) { fputs("#\\n", f); fclose(f); } '
        'chmod("helper.sh", 0755);'
    )
    files = work(rewrite, cost=80.0, includes="#include <sys/stat.h>")
    outcome = jailed.run({**files, "helper.sh": "#!/bin/sh\n"})
    assert fault(outcome) == ("integrity", "protected")


# What a benchmark writes as its result.


RESULT = 'echo "METRIC cost=$(./prog | cut -d= -f2)" > out.txt'


def test_a_result_is_read_from_the_file_it_is_written_to(jailed):
    outcome = jailed.run(FASTER, bench={"command": RESULT, "output": "out.txt"})
    assert outcome.fault is None
    assert outcome.pairs


@pytest.mark.parametrize("old", ["committed", "built", "folder", "link"])
def test_a_result_from_before_is_never_read(old, toy):
    answer = "METRIC cost=1\n"
    files = dict(FASTER)
    if old == "committed":
        files["out.txt"] = answer
    if old == "built":
        files["Makefile"] = FILES["Makefile"] + f"\tprintf '{answer.strip()}\\n' > out.txt\n"
    if old == "folder":
        files["out.txt/inside"] = answer
    if old == "link":
        files["old.txt"] = answer
        files["Makefile"] = FILES["Makefile"] + "\tln -s old.txt out.txt\n"
    writes = f"grep -q 80.0 src/work.c || {RESULT}"
    outcome = toy.run(files, bench={"command": writes, "output": "out.txt"}, run_checks=False)
    assert fault(outcome) == ("warmup", "no_metric")
    assert outcome.fault.detail == "the benchmark wrote no file `out.txt`"


@pytest.mark.parametrize("odd", ["mkfifo out.txt", "mkdir out.txt", "ln -s /dev/zero out.txt"])
def test_a_result_that_is_no_file_does_not_hold_up_the_trial(odd, toy):
    writes = f"grep -q 80.0 src/work.c && {odd} || {RESULT}"
    outcome = toy.run(FASTER, bench={"command": writes, "output": "out.txt"})
    assert fault(outcome) == ("warmup", "no_metric")


def test_a_pipe_among_what_was_built_does_not_hold_up_the_trial(toy):
    make = {"Makefile": FILES["Makefile"] + "\tmkfifo pipe; ln -s /dev/zero zero\n"}
    base = toy.candidate(make)
    outcome = toy.run(a=base, b=toy.candidate({**make, "src/work.c": WORK + "// x\n"}))
    assert outcome.identical


# Inputs that nobody has seen.

FRESH = {
    "bench": {
        "command": "read n _ < data/table.txt; echo METRIC input=$n; ./prog",
        "fresh_inputs": 'echo "$WHET_SEED 0 0" > data/table.txt; echo new > notes.txt',
    },
    "metrics": ("cost", "input"),
}


def test_fresh_inputs_are_equal_on_both_sides_and_new_for_every_pair(jailed):
    outcome = jailed.run(FASTER, **FRESH)
    assert outcome.fault is None
    assert [run.values["input"] for run in everything(outcome)] == [1.0] * 2 * len(outcome.pairs)
    inputs = [(pair.a.values["input"], pair.b.values["input"]) for pair in outcome.fresh]
    assert len(inputs) == 4
    assert all(a == b != 1.0 for a, b in inputs)
    assert len(set(inputs)) == 4


def test_where_chance_decides_every_pair_has_a_seed_of_its_own(toy):
    command = "echo METRIC input=$WHET_SEED; ./prog"
    outcome = toy.run(
        FASTER, bench={"command": command, "new_seeds": True}, metrics=("cost", "input")
    )
    seeds = [(pair.a.values["input"], pair.b.values["input"]) for pair in outcome.pairs]
    assert len(seeds) >= 4
    assert all(a == b for a, b in seeds)
    assert len(set(seeds)) == len(seeds)


def test_after_fresh_inputs_the_old_ones_are_back(jailed):
    jailed.run(FASTER, **FRESH)
    for side in (0, 1):
        assert (jailed.tree(side) / "data" / "table.txt").read_text() == "1 2 3\n"
        assert (jailed.tree(side) / "notes.txt").read_text() == "notes\n"
    again = jailed.run({"src/work.c": WORK.replace("100.0", "70.0")}, **FRESH)
    assert {stage.name for stage in again.stages if stage.cached} == {"build_a"}
    assert [run.values["input"] for run in everything(again)] == [1.0] * 2 * len(again.pairs)


def test_without_a_keep_no_fresh_inputs_are_made(toy):
    outcome = toy.run({"src/work.c": WORK.replace("100.0", "130.0")}, **FRESH)
    assert outcome.fresh == ()


def test_a_candidate_that_knows_only_the_usual_inputs_is_caught_on_fresh_ones(toy):
    from whet.judge.verdict import verdict
    from whet.model.config import Config
    from whet.model.metric import Goal

    cheat = (
        'FILE *f = fopen("data/table.txt", "r"); int n = 0; if (f && fscanf(f, "%d", &n)) {}'
        "if (f) fclose(f); if (n != 1) return 100.0;"
    )
    spec = toy.spec(work(cheat, cost=80.0), **FRESH)
    given = verdict(
        Config(goal=Goal(metric="cost"), bench=spec.bench), spec.design, toy.run_spec(spec)
    )
    assert (given.kind, given.code) == ("rejected", "fresh_inputs")


def test_preparing_is_not_measured_and_its_failure_is_nobodys(toy):
    outcome = toy.run(FASTER, bench={"prepare": "exit 3"})
    assert outcome.fault.fault in ("incumbent", "unavailable")
    assert "`prepare` failed: exit 3" in outcome.fault.detail
    ready = toy.run(
        FASTER, mode="fixed", pairs=1,
        bench={"prepare": "echo x > ready", "command": "cat ready && ./prog"},
    )  # fmt: skip
    assert ready.fault is None


# Both sides alike.


def test_both_sides_see_the_same_environment_of_the_same_size(jailed):
    show = (
        "echo METRIC env=$(env | wc -c); echo METRIC names=$(env | cut -d= -f1 | sort | cksum | "
        "cut -d' ' -f1); echo METRIC path=$(pwd | wc -c); ./prog"
    )
    outcome = jailed.run(
        FASTER, mode="fixed", pairs=4, metrics=("cost", "env", "names", "path"),
        bench={"command": show, "env": {"MINE": "yes"}},
    )  # fmt: skip
    for pair in outcome.pairs:
        for name in ("env", "names", "path"):
            assert pair.a.values[name] == pair.b.values[name]
    assert len({pair.a.values["env"] for pair in outcome.pairs}) > 1


def test_nothing_of_the_users_environment_leaks_in(toy, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "x")
    monkeypatch.setenv("HTTPS_PROXY", "x")
    show = 'test -z "$MY_SECRET$HTTPS_PROXY" && test "$MINE" = yes && ./prog'
    outcome = toy.run(FASTER, bench={"command": show, "env": {"MINE": "yes"}}, run_checks=False)
    assert outcome.fault is None


def test_a_trial_stays_on_its_cores(jailed):
    core = max(os.sched_getaffinity(0))
    outcome = jailed.run(
        FASTER, mode="fixed", pairs=1, cpus=str(core), metrics=("cost", "cores"),
        bench={"command": "echo METRIC cores=$(nproc); ./prog"},
    )  # fmt: skip
    assert [run.values["cores"] for run in everything(outcome)] == [1.0, 1.0]


# What is left.


def test_a_daemon_of_a_run_does_not_live_to_the_next_one(toy):
    pids = toy.folder / "pids"
    daemon = (
        f"mkfifo up; setsid sh -c 'echo $$ >>{pids}; echo >up; trap \"\" TERM; exec sleep 600' "
        ">/dev/null 2>&1 & read _ <up; ./prog"
    )
    outcome = toy.run(FASTER, mode="fixed", pairs=1, bench={"command": daemon})
    assert outcome.fault is None
    started = [int(line) for line in pids.read_text().split()]
    assert len(started) == 4
    assert [pid for pid in started if alive(pid)] == []


def test_what_a_killed_trial_left_is_removed(toy):
    left = toy.work / "h-of-a-killed-one" / "home"
    left.mkdir(parents=True)
    (left / "file").write_text("x")
    (left).chmod(0)
    half = toy.work / "t" / "0123456789abcdef"
    half.mkdir(parents=True)
    toy.run(FASTER, mode="fixed", pairs=1)
    assert not (toy.work / "h-of-a-killed-one").exists()
    assert not half.exists()


def test_trees_of_candidates_that_do_not_build_do_not_pile_up(toy):
    for number in range(4):
        toy.run({"src/work.c": f"int broken{number} = ;\n"})
    assert len([path for path in (toy.work / "t").iterdir() if path.is_dir()]) == 2


def test_the_trees_used_last_are_kept(toy):
    from whet.trial import trees

    for number in range(trees.KEPT + 2):
        faster = {"src/work.c": WORK.replace("100.0", f"{50 + number}.0")}
        toy.run(faster, mode="fixed", pairs=1, run_checks=False)
    assert len([path for path in (toy.work / "t").iterdir() if path.is_dir()]) == trees.KEPT
    outcome = toy.run(faster, mode="fixed", pairs=1)
    cached = {stage.name for stage in outcome.stages if stage.cached}
    assert cached == {"build_a", "build_b"}


def test_the_incumbents_build_is_used_again_and_the_candidates_is_not(toy):
    toy.run(FASTER, mode="fixed", pairs=1)
    outcome = toy.run({"src/work.c": WORK.replace("100.0", "70.0")}, mode="fixed", pairs=1)
    builds = {stage.name: stage.cached for stage in outcome.stages if "build" in stage.name}
    assert builds == {"build_a": True, "build_b": False}


@pytest.mark.parametrize("change", [
    {"build": {"command": "make  prog"}}, {"protect": ("bench/",)}, {"build": {"setup": "true"}},
])  # fmt: skip
def test_another_way_to_build_is_another_build(change, toy):
    toy.run(FASTER, mode="fixed", pairs=1)
    outcome = toy.run(FASTER, mode="fixed", pairs=1, **change)
    assert not any(stage.cached for stage in outcome.stages)


def test_a_built_tree_that_somebody_changed_is_built_again(toy):
    toy.run(FASTER, mode="fixed", pairs=1)
    (toy.tree(0) / "prog").write_text("#!/bin/sh\necho METRIC cost=1\n")
    outcome = toy.run(FASTER, mode="fixed", pairs=1)
    builds = {stage.name: stage.cached for stage in outcome.stages if "build" in stage.name}
    assert builds == {"build_a": False, "build_b": True}
    assert outcome.pairs[0].a.values["cost"] > 99


def test_a_tree_whose_build_did_not_come_to_its_end_is_built_again(toy):
    spec = toy.spec(FASTER, mode="fixed", pairs=1)
    toy.run_spec(replace(spec, build=replace(spec.build, command="make prog && exit 1")))
    outcome = toy.run_spec(spec)
    assert not any(stage.cached for stage in outcome.stages)
    assert outcome.pairs


def test_two_trials_do_not_run_on_the_same_cores_at_once(toy):
    # the second waits for the first, and its waiting is neither its time nor its overhead
    import threading

    from whet.trial.locks import cores_held

    held, over = threading.Event(), threading.Event()

    def other():
        with cores_held(toy.work.parent / "locks", frozenset()):
            held.set()
            over.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(30)
    began = time.monotonic()
    threading.Timer(0.5, over.set).start()
    outcome = toy.run(FASTER, mode="fixed", pairs=1)
    thread.join()
    assert time.monotonic() - began >= 0.5
    assert outcome.seconds >= 0.5
    assert outcome.stages[0].seconds < outcome.seconds - 0.4


def test_what_the_benchmark_names_by_its_path_can_be_read_and_not_written(jailed, tmp_path):
    model, beside = tmp_path / "models" / "a.gguf", tmp_path / "models" / "b.gguf"
    model.parent.mkdir()
    model.write_text("weights")
    beside.write_text("weights")
    reads = 'test -s "$MODEL"'
    if jailed.kind == "bubblewrap":
        reads += f' && ! echo more >> "$MODEL" && test ! -e {beside}'
    done = jailed.run(
        FASTER, mode="checks", bench={"env": {"MODEL": str(model)}}, checks={"command": reads}
    )
    assert done.fault is None
    assert model.read_text() == "weights"


def test_a_variable_that_names_the_home_does_not_show_it(jailed):
    if jailed.kind == "none":
        pytest.skip("without a jail the home is there")
    before = sorted(Path.home().iterdir())
    hidden = next((path for path in before if path.is_file()), None)
    if hidden is None:
        pytest.skip("this home has no file")
    done = jailed.run(
        FASTER, mode="checks", bench={"env": {"PLACE": str(Path.home())}},
        checks={"command": f"test ! -e {hidden}"},
    )  # fmt: skip
    assert done.fault is None
