"""A disk that cannot be written, and one that is full: said clearly, and nothing is lost."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from end_to_end.moments import running
from end_to_end.target import experiments, project


@contextmanager
def mounted(folder, size):
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    """A disk of 8 MB."""
    with mounted(tmp_path / "disk", "8m") as folder:
        yield folder


@contextmanager
def nothing_free(folder):
    """Every byte of a disk taken."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size >>= 1
    try:
        yield
    finally:
        filler.unlink()


@pytest.mark.parametrize("moment", ["agent", "build", "bench"])
def test_a_disk_that_is_full_is_nobodys_fault_and_nothing_is_lost(disk, untouched, moment):
    target = untouched(project(disk))
    target.edit("fast-left", "sleep 0.2; sed -i 's/passes = 3/passes = 2/' left.c")
    target.ideas("fast-left")
    with running(target) as run:
        assert run.reaches(moment)
        with nothing_free(disk):
            assert run.end() == 4, run.said
            seen = target.whet("status")
            assert "t_ms" in seen.out
    assert "error: " in run.said
    assert "Traceback" not in run.said
    assert run.said.splitlines()[-1].startswith("hint: free some space")
    assert experiments(target.events()) == {}

    if moment == "bench":
        target.whet("run")
        assert experiments(target.events()) == {"I01": ["kept"]}
    target.whet("verify", "--no-measure")


def test_a_disk_that_cannot_be_written_is_looked_at_and_refused(disk, untouched):
    target = project(disk)
    target.ideas("fast-left")
    home = disk.parent / "home"
    home.mkdir()
    reader = {"HOME": str(home), "TMPDIR": str(home)}
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert "I01" in target.whet("ideas", **reader).out
    assert "t_ms" in target.whet("status", **reader).out
    for words in (["run"], ["try", "v0"], ["ideas", "add", "slow"]):
        said = target.whet(*words, code=3, **reader)
        assert "Read-only file system" in said.err
        assert "hint: use a copy you can write to" in said.err
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert untouched(target)
