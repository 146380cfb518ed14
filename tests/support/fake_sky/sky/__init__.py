"""As much of SkyPilot as the bridge calls: clusters are folders, jobs are processes in them.

`FAKE_SKY` names the folder. A file `fail` in it says which call raises what:
`launch ResourcesUnavailableError quota exceeded`.
"""

import contextlib
import enum
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

__version__ = "0.14.1"
ROOT = Path(os.environ["FAKE_SKY"])
_lock = threading.Lock()


class StatusRefreshMode(enum.Enum):
    NONE = "NONE"
    FORCE = "FORCE"


class ClusterStatus(enum.Enum):
    UP = "UP"


class ClusterDoesNotExist(ValueError):
    pass


class Task:
    def __init__(self, config):
        self.config = config

    @classmethod
    def from_yaml_config(cls, config):
        return cls(config)


class _Resources:
    cloud, region, zone, instance_type = "Fake", "here", None, "two-cores"

    def get_cost(self, seconds):
        return 0.5 * seconds / 3600


class _Handle:
    launched_resources, launched_nodes = _Resources(), 1


def _maybe_fail(call):
    script = ROOT / "fail"
    if script.exists():
        wanted, kind, *words = script.read_text().split()
        if wanted == call:
            raise type(kind, (Exception,), {})(" ".join(words))


def _home(cluster):
    home = ROOT / "clusters" / cluster
    if not home.exists():
        raise ClusterDoesNotExist(f"Cluster {cluster!r} does not exist.")
    return home


def get(request):
    return request()


def stream_and_get(request, output_stream=None):
    output_stream.write("\x1b[2mLaunching\x1b[0m\nhalf a li")
    output_stream.write("ne\n")
    return request()


def launch(task, cluster_name, *, idle_minutes_to_autostop, wait_for, down, retry_until_up):
    assert down
    assert not retry_until_up
    assert wait_for.value == "jobs"
    assert idle_minutes_to_autostop > 0

    def go():
        home = ROOT / "clusters" / cluster_name
        home.mkdir(parents=True)
        (home / "asked").write_text(repr(task.config))
        _maybe_fail("launch")
        if task.config.get("setup"):
            _copy(task, home)
            done = subprocess.run(["bash", "-c", task.config["setup"]], cwd=home / "sky_workdir",
                                  env=_env(task, home), check=False)  # fmt: skip
            if done.returncode:
                raise type("ClusterSetUpError", (Exception,), {})("Failed to setup")
        return _start(task, home), _Handle()

    return go


def exec(task, cluster_name):  # noqa: A001
    def go():
        _maybe_fail("exec")
        return _start(task, _home(cluster_name)), _Handle()

    return go


def _copy(task, home):
    shutil.copytree(task.config["workdir"], home / "sky_workdir", dirs_exist_ok=True)


def _env(task, home):
    return {**os.environ, "HOME": str(home), "OMP_NUM_THREADS": "1", **task.config.get("envs", {})}


def _start(task, home):
    assert task.config["api_server_access"] is False
    with _lock:
        _copy(task, home)
        number = len(list(home.glob("job-*.log"))) + 1
        with (home / f"job-{number}.log").open("wb") as log:
            child = subprocess.Popen(["bash", "-c", task.config["run"]], cwd=home / "sky_workdir",
                                     env=_env(task, home), stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=log, start_new_session=True)  # fmt: skip
    (home / f"job-{number}.pid").write_text(str(child.pid))

    def wait():
        code = child.wait()
        if home.exists():
            (home / f"job-{number}.code").write_text("0" if code == 0 else "100")

    threading.Thread(target=wait, daemon=True).start()
    return number


def tail_logs(cluster_name, job_id, *, follow, output_stream):
    assert follow
    home = _home(cluster_name)
    code = home / f"job-{job_id}.code"
    with (home / f"job-{job_id}.log").open(errors="replace") as log:
        while True:
            over = code.exists() or not home.exists()
            for line in log:
                output_stream.write(f"\x1b[36m(job, pid={job_id})\x1b[0m {line}")
            if not home.exists():
                return 143
            if over:
                return int(code.read_text())
            time.sleep(0.02)


def download_logs(cluster_name, job_ids):
    home = _home(cluster_name)
    folder = home / f"logs-{job_ids[0]}"
    folder.mkdir(exist_ok=True)
    shutil.copy(home / f"job-{job_ids[0]}.log", folder / "run.log")
    return {job_ids[0]: str(folder)}


def cancel(cluster_name, *, all=False, job_ids=None):  # noqa: A002
    def go():
        home = _home(cluster_name)
        for path in home.glob("job-*.pid"):
            number = path.stem.partition("-")[2]
            if (all or int(number) in job_ids) and not path.with_suffix(".code").exists():
                _kill(int(path.read_text()))
                path.with_suffix(".code").write_text("103")

    return go


def _kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def status(cluster_names=None, refresh=StatusRefreshMode.NONE):
    def go():
        _maybe_fail("status")
        folder = ROOT / "clusters"
        found = [path.name for path in folder.iterdir()] if folder.exists() else []
        wanted = found if cluster_names is None else cluster_names
        return [{"name": n, "status": ClusterStatus.UP} for n in found if n in wanted]

    return go


def down(cluster_name):
    def go():
        _maybe_fail("down")
        home = _home(cluster_name)
        for path in home.glob("job-*.pid"):
            _kill(int(path.read_text()))
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)

    return go


def api_cancel(request):
    return lambda: None


def api_info():
    return {"status": "healthy"}
