"""The pretended benchmark says what the noise and the effects say, and nothing else."""

import array
import math
import shutil
import subprocess

import pytest

from whet.proof import target
from whet.proof.pipe import noise_pipe
from whet.testing.noise import MACHINES
from whet.testing.weather import Weather

PROGRAMS = [
    False,
    pytest.param(True, marks=pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler")),
]


def built(folder, compiled):
    target.make(folder)
    config = target.config(folder / "pipe", candidates=2, seed=1, compiled=compiled)
    subprocess.run(config.build.command, shell=True, cwd=folder, check=True)
    return config.bench.command


def run(folder, command):
    done = subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("compiled", PROGRAMS)
def test_every_invocation_takes_the_next_number_of_the_noise(compiled, tmp_path):
    root = tmp_path / "target"
    command = built(root, compiled)
    numbers = Weather(MACHINES["noisy"], 7)
    with noise_pipe(root / "pipe", Weather(MACHINES["noisy"], 7)) as pipe:
        for _ in range(3):
            pipe.fill()
            expected = f"METRIC seconds={math.exp(numbers.invocation()):.9f}\n"
            assert run(root, command) == (0, expected)


@pytest.mark.parametrize("compiled", PROGRAMS)
def test_gains_of_all_changes_multiply(compiled, tmp_path):
    root = tmp_path / "target"
    command = built(root, compiled)
    for path, text in target.changes([0.25, -0.5]).items():
        (root / path).write_text(text)
    first = Weather(MACHINES["quiet"], 3).invocation()
    with noise_pipe(root / "pipe", Weather(MACHINES["quiet"], 3)):
        code, said = run(root, command)
    assert code == 0
    assert float(said.partition("=")[2]) == pytest.approx(math.exp(first) / 1.25 / 0.5, rel=1e-8)


def test_without_noise_there_is_no_number(tmp_path):
    root = tmp_path / "target"
    command = built(root, compiled=False)
    code, said = run(root, command)
    assert (code != 0, said) == (True, "")


def test_the_pipe_goes_on_where_it_was_when_it_is_filled_again(tmp_path):
    path = tmp_path / "pipe"
    numbers = Weather(MACHINES["cloud"], 5)
    with noise_pipe(path, Weather(MACHINES["cloud"], 5)) as pipe:
        taken = b""
        with path.open("rb", buffering=0) as reader:
            while len(taken) < 8 * 20_000:
                taken += reader.read(8 * 100)
                pipe.fill()
    found = array.array("d", taken)
    assert list(found) == [numbers.invocation() for _ in found]
    assert not path.exists()


def test_a_target_is_the_same_commit_everywhere(tmp_path):
    one, other = (target.make(tmp_path / name).resolve("HEAD") for name in ("one", "other"))
    assert one == other
