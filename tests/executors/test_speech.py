"""Every error of SkyPilot's is a sentence with something to type; the real classes where it is."""

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from whet.errors import InfraError, NoMachine, NotReady, UserError, WorkerLost
from whet.executors.sky import bridge
from whet.executors.sky.experiment import read
from whet.executors.sky.speech import Raised, meant
from whet.executors.sky.talk import interpreter

CI = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "whet-ci/sky/bin/python"


@pytest.fixture(scope="module")
def sky():
    """An interpreter that has the real SkyPilot."""
    for python in (os.environ.get("WHET_SKY_PYTHON", ""), str(CI)):
        if python and Path(python).exists():
            return python
    pytest.skip("there is no SkyPilot here: `.ci/run` installs it, or name WHET_SKY_PYTHON")


def raised(kind, message, *inner):
    return Raised(kinds=(kind, "Exception"), message=message, inner=inner)


@pytest.mark.parametrize(("what", "error", "sentence"), [
    (raised("ResourcesUnavailableError", "failed", raised("QuotaError", "vCPU quota exceeded")),
     NoMachine, "may not have so many"),
    (raised("ResourcesUnavailableError", "\x1b[31mNo cloud is enabled.\x1b[0m Run sky check"),
     NotReady, "cannot use the cloud"),
    (raised("ResourcesUnavailableError", "Catalog does not contain any instances"),
     NotReady, "no machine is as [[workers]] asks"),
    (raised("ResourcesUnavailableError", "Catalog does not contain any. Hint: sky check"),
     NotReady, "no machine is as [[workers]] asks"),
    (raised("InvalidSkyPilotConfigError", "Invalid resources YAML: unsupported field"),
     NotReady, "does not take [workers.resources]"),
    (raised("CloudError", "requests error (ConnectionError): no route"),
     NoMachine, "cannot fetch its catalogue"),
    (raised("ResourcesUnavailableError", "Failed to acquire in all zones"),
     NoMachine, "nobody has such a machine"),
    (raised("KubeAPIUnreachableError", "x"), NoMachine, "Kubernetes does not answer"),
    (raised("ClusterDoesNotExist", "Cluster does not exist"), WorkerLost, "the machine is gone"),
    (raised("ModuleNotFoundError", "No module named 'sky'"), NotReady, "is not installed"),
    (raised("ModuleNotFoundError", "No module named 'pandas'"), NotReady, "cannot be imported"),
    (raised("SomethingNew", "a\nb"), InfraError, "SkyPilot failed: SomethingNew: a b"),
])  # fmt: skip
def test_what_was_raised_says_what_is_meant(what, error, sentence):
    found = meant(what)
    assert type(found) is error
    assert sentence in found.message
    assert "\x1b" not in found.message
    assert "\n" not in found.message
    assert found.hint


@pytest.mark.parametrize(("said", "wanted"), [
    ("Task 'x' requires aws which is not enabled. To enable access, run: sky check aws",
     "Task 'x' requires aws which is not enabled."),
    ("Catalog has none: cpus=999. To fix: relax it. Hint: sky gpus list", "cpus=999."),
    ("Invalid resources YAML: 'nowhere' does not match '^(?:aws|gcp)(?:/.+)?$'",
     "'nowhere' is none that it knows"),
])  # fmt: skip
def test_what_skypilot_advises_itself_is_left_out(said, wanted):
    message = meant(raised("ValueError", said)).message
    assert message.endswith(wanted)


def test_a_long_message_is_cut():
    assert len(meant(raised("NewError", "word " * 1000)).message) < 400


REAL = f"""
import importlib.util, inspect, json, sys
spec = importlib.util.spec_from_file_location("bridge", {bridge.__file__!r})
bridge = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bridge)
import sky
from sky import exceptions as sx
from sky.skylet.autostop_lib import AutostopWaitFor
made = [
    sx.ResourcesUnavailableError("no", failover_history=[Exception("Quota exceeded")]),
    sx.NoCloudAccessError("no cloud"), sx.ApiServerConnectionError("http://127.0.0.1:1"),
    sx.APIVersionMismatchError("9 and 25"), sx.InvalidSkyPilotConfigError("bad"),
    sx.CommandError(1, "ls", "Slurm job 7 has expired", None), sx.ClusterDoesNotExist("gone"),
    sx.ClusterNotUpError("down"), sx.RequestCancelled("cancelled"), sx.NotSupportedError("no"),
    sx.ApiServerAuthenticationError("http://x"), sx.KubeAPIUnreachableError("kube"),
]
names = ("launch exec get stream_and_get tail_logs download_logs cancel status down "
         "api_cancel").split()
print(json.dumps({{
    "version": sky.__version__,
    "errors": [bridge._described(one) for one in made],
    "calls": {{name: list(inspect.signature(getattr(sky, name)).parameters) for name in names}},
    "codes": {{one.name: int(one) for one in sx.JobExitCode}},
    "up": sky.ClusterStatus.UP.value, "jobs": AutostopWaitFor.JOBS.value,
    "modes": [one.name for one in sky.StatusRefreshMode],
    "task": "api_server_access" in inspect.signature(sky.Task.__init__).parameters,
}}))
"""


@pytest.mark.slow
def test_the_real_skypilot_is_what_the_bridge_takes_it_for(sky):
    done = subprocess.run([sky, "-c", REAL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["version"].startswith("0.14.")
    calls = {name: set(parameters) for name, parameters in found["calls"].items()}
    assert calls["launch"] >= {"task", "cluster_name", "idle_minutes_to_autostop", "wait_for",
                               "down", "retry_until_up"}  # fmt: skip
    assert calls["exec"] >= {"task", "cluster_name"}
    assert calls["tail_logs"] >= {"cluster_name", "job_id", "follow", "output_stream"}
    assert calls["cancel"] >= {"cluster_name", "all", "job_ids"}
    assert calls["status"] >= {"cluster_names", "refresh"}
    assert calls["stream_and_get"] >= {"request_id", "output_stream"}
    assert calls["download_logs"] >= {"cluster_name", "job_ids"}
    assert (found["up"], found["jobs"], found["task"]) == ("UP", "jobs", True)
    assert {"NONE", "FORCE"} <= set(found["modes"])
    assert {"SUCCEEDED": 0, "FAILED": 100, "CANCELLED": 103}.items() <= found["codes"].items()
    kinds = [(meant(_raised(one)).message, type(meant(_raised(one)))) for one in found["errors"]]
    assert [kind for _, kind in kinds] == [
        NoMachine, NotReady, NoMachine, NotReady, NotReady, WorkerLost, WorkerLost, WorkerLost,
        WorkerLost, NotReady, NotReady, NoMachine,
    ]  # fmt: skip
    assert "may not have so many" in kinds[0][0]


def _raised(said):
    inner = tuple(_raised(one) for one in said["inner"])
    return Raised(kinds=tuple(said["kinds"]), message=said["message"], inner=inner)


def test_the_interpreter_of_skypilot_is_found_or_named(tmp_path):
    tool = tmp_path / "sky"
    tool.write_text(f"#!{sys.executable}\n")
    tool.chmod(0o755)
    assert interpreter({"PATH": str(tmp_path)}) == sys.executable
    with pytest.raises(NotReady) as caught:
        interpreter({"PATH": str(tmp_path / "nothing")})
    assert "whet[sky]" in caught.value.hint
    with pytest.raises(NotReady):
        interpreter({"WHET_SKY_PYTHON": str(tmp_path / "none")})


def test_the_bridge_is_written_for_an_older_python():
    ast.parse(inspect.getsource(bridge), feature_version=(3, 8))


@pytest.mark.parametrize(("text", "sentence"), [
    ("a: [", "is not YAML"), ("just words", "is no task"), ("resources: [1]", "is no mapping"),
    ("num_nodes: 4", "one machine"), ("file_mounts: {/a: b}", "would not travel"),
    ("setup: [1]", "is no text"),
])  # fmt: skip
def test_a_task_file_that_cannot_be_used_is_one_sentence(text, sentence, tmp_path):
    (tmp_path / "experiment.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        read(tmp_path / "experiment.yaml")
    assert sentence in caught.value.message
    assert caught.value.hint
