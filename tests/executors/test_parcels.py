"""A parcel holds what a trial needs and nothing else, and is believed only when it is whole."""

import ast
import base64
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import whet
from whet.errors import WorkerLost
from whet.executors.deadline import longest
from whet.executors.parcels import commits_of, packed
from whet.executors.words import Ear, checked, word
from whet.git.store import receive
from whet.model.trial import Block
from whet.trial import wire
from whet.trial.parcel import OLDEST_PYTHON, Outcomes, Result, Slip


@pytest.fixture
def block(target):
    return Block(trials=(replace(target.spec("x", b=target.same, mode="fixed"), pairs=2),))


def test_a_parcel_holds_code_spec_and_the_commits_of_its_trials_only(target, block, tmp_path):
    (target.store.path / "secret").write_text("hunter2")
    with packed(Slip(key="k", run="r"), block, target.store.path, commits_of(block)) as sent:
        parts = zipfile.ZipFile(io.BytesIO(sent.path.read_bytes()))
    others = {name for name in parts.namelist() if not name.startswith("whet/")}
    assert others == {"__main__.py", "slip.json", "block.json", "source.bundle"}
    (tmp_path / "b").write_bytes(parts.read("source.bundle"))
    store = receive(tmp_path / "there.git", tmp_path / "b")
    kinds = store.git(
        "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"
    )
    commits = {line[7:] for line in kinds.decode().split("\n") if line.startswith("commit ")}
    assert commits == {target.base, target.same}


def test_what_is_there_already_is_not_sent_again(target, block):
    slip, known = Slip(key="k", run="r"), {target.base}
    path, all_of_it = target.store.path, commits_of(block)
    with (
        packed(slip, block, path, all_of_it) as first,
        packed(slip, block, path, all_of_it, known) as second,
        packed(slip, block, path, all_of_it, all_of_it) as third,
    ):
        assert first.size > second.size > third.size
        assert "source.bundle" not in zipfile.ZipFile(third.path).namelist()


def test_a_damaged_parcel_is_not_run(target, block, tmp_path):
    with packed(Slip(key="k", run="r"), block, target.store.path, commits_of(block)) as sent:
        data = bytearray(sent.path.read_bytes())
        data[1000] ^= 1
        done = subprocess.run(
            ["/bin/sh", "-c", sent.opened(sys.executable, "here")], input=bytes(data),
            env={"HOME": str(tmp_path)}, capture_output=True, check=False,
        )  # fmt: skip
    assert done.stderr == b"whet-damaged\n"
    assert done.stdout == b""


def test_an_old_python_is_told_from_a_broken_one():
    with packed(Slip(key="k")) as sent:
        command = sent.opened("python3", "here")
    code = base64.b64decode(re.search(r'b64decode\("(.+?)"\)', command)[1]).decode()
    asked = code.replace("sys.version_info", "(3, 8, 1)")
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"whet-python 3.8\n")


def test_everything_that_travels_is_written_for_the_oldest_python():
    with packed(Slip(key="k")) as sent, zipfile.ZipFile(sent.path) as parts:
        for name in parts.namelist():
            if name.endswith(".py"):
                tree = ast.parse(parts.read(name), feature_version=OLDEST_PYTHON)
                newer = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                         for one in node.names if (node.module, one.name) in NEWER}  # fmt: skip
                newer |= {one.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                          for one in node.names if one.name == "tomllib"}  # fmt: skip
                assert not newer, name


def test_everything_that_travels_needs_only_what_travels():
    with packed(Slip(key="k")) as sent, zipfile.ZipFile(sent.path) as parts:
        names = {name for name in parts.namelist() if name.startswith("whet/")}
        wanted = set()
        for name in names:
            for node in ast.walk(ast.parse(parts.read(name))) if name.endswith(".py") else ():
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("whet"):
                    wanted |= {(node.module, one.name) for one in node.names}
    assert wanted
    for module, attribute in wanted:
        inside = f"{module}.{attribute}".replace(".", "/")
        own = f"{module}".replace(".", "/")
        source = Path(whet.__file__).parent.parent
        is_module = (source / f"{inside}.py").exists() or (source / inside).is_dir()
        found = inside if is_module else own
        assert names & {f"{found}.py", f"{found}/__init__.py"}, (module, attribute)


NEWER = {("typing", "Self"), ("typing", "Never"), ("typing", "assert_never"), ("enum", "StrEnum"),
         ("typing", "LiteralString"), ("datetime", "UTC"), ("typing", "Unpack"),
         ("contextlib", "chdir"), ("hashlib", "file_digest")}  # fmt: skip


@pytest.mark.parametrize("change", ["bytes", "run", "id"])
def test_a_result_counts_only_when_it_is_the_one_that_was_made(change, target, block):
    data = wire.encode(Outcomes(run="r", outcomes=())).encode()
    if change == "id":
        told = Result(run="r", sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    elif change == "run":
        told = Result(run="r", sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        block = Block(trials=())
        assert checked(data, told, "r", block) == ()
    else:
        told = Result(run="r", sha256="0" * 64, bytes=len(data))
    with pytest.raises(WorkerLost):
        checked(data, told, "other" if change == "run" else "r", block)


def test_other_programs_may_speak_between_the_words():
    assert word("Welcome to Ubuntu 22.04") is None
    told = word('(job, pid=7) @whet@ {"progress":{"stage":"build","pairs":0,"cap":4,"trial":"x"}}')
    assert told.progress.stage == "build"
    with pytest.raises(WorkerLost):
        word("@whet@ {")


def test_what_a_job_said_last_is_told_and_not_what_its_launcher_said_of_it():
    ear = Ear(lambda _: None)
    for line in ("Traceback", "\x1b[36m(whet-box, pid=418)\x1b[0m ImportError: no such name", "",
                 "srun: error: vm01: task 0: Exited with exit code 1",
                 "ERROR: \x1b[31mJob 1 failed with return code list:\x1b[0m [1]"):  # fmt: skip
        ear.take(line)
    assert ear.noise == "ImportError: no such name"


def test_a_block_has_a_longest_time(block):
    few, many = longest(block), longest(Block(trials=(replace(block.trials[0], pairs=40),)))
    assert 900 < few < many
