"""Stands between whet and SkyPilot, in the interpreter that has SkyPilot: one JSON object a line.

Asked on standard input: {"id": 7, "call": "launch", ...}. Answered on standard output, with the
same id: {"line": …} while there is something to say, then {"done": …} or {"error": …}. When
standard input ends, so does this process; what SkyPilot's own server does goes on.

It knows nothing of whet and is written for Python 3.8, because SkyPilot's interpreter may be old.
"""

import json
import os
import sys
import threading
import traceback
from typing import Any, Dict

_CALLS: Dict[str, Any] = {}
_writing = threading.Lock()
_importing = threading.Lock()
_launching: Dict[str, Any] = {}


def main() -> None:
    """Answer until standard input ends."""
    # SkyPilot prints: its words must not get between the lines
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.chdir(os.path.expanduser("~"))  # its server keeps the folder of whoever called it first

    def say(value: Any) -> None:
        with _writing:
            out.write(json.dumps(value) + "\n")
            out.flush()

    for line in sys.stdin:
        threading.Thread(target=_answer, args=(json.loads(line), say), daemon=True).start()


def _sky() -> Any:
    """SkyPilot, imported once: two seconds."""
    with _importing:
        import sky
    return sky


def _answer(asked: Any, say: Any) -> None:
    number = asked.pop("id")
    try:
        sky = _sky()
        call = _CALLS[asked.pop("call")]
        done = call(sky, _Lines(number, say), **asked)
    except BaseException as error:
        say({"id": number, "error": _described(error)})
    else:
        say({"id": number, "done": done})


def _described(error: Any) -> Any:
    """An exception as the other side can understand it, with those that it was made of."""
    kinds = [kind.__name__ for kind in type(error).__mro__[:-2]]
    inner = [_described(one) for one in getattr(error, "failover_history", None) or ()]
    where = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"kinds": kinds, "message": str(error), "inner": inner, "where": where[-4000:]}


class _Lines:
    """A text stream whose complete lines are told as they come."""

    def __init__(self, number: Any, say: Any) -> None:
        self._number, self._say, self._pending = number, say, ""

    def write(self, text: Any) -> int:
        """Tell the complete lines."""
        *lines, self._pending = (self._pending + text).split("\n")
        for line in lines:
            self._say({"id": self._number, "line": line})
        return len(text)

    def flush(self) -> None:
        """Nothing waits here."""

    def isatty(self) -> bool:
        """It is no terminal."""
        return False


def _call(function: Any) -> Any:
    _CALLS[function.__name__.strip("_")] = function
    return function


@_call
def _version(sky: Any, lines: Any) -> Any:
    """Which SkyPilot this is; asks its server, and starts one where there is none."""
    sky.api_info()
    return {"version": sky.__version__}


@_call
def _launch(sky: Any, lines: Any, cluster: Any, task: Any, minutes: Any) -> Any:
    """A cluster, and in it the task; it ends itself after so many idle minutes."""
    from sky.skylet.autostop_lib import AutostopWaitFor

    request = sky.launch(
        sky.Task.from_yaml_config(task),
        cluster_name=cluster,
        idle_minutes_to_autostop=minutes,
        wait_for=AutostopWaitFor.JOBS,  # a forgotten ssh connection must not keep it alive
        down=True,
        retry_until_up=False,
    )
    _launching[cluster] = request
    try:
        job, handle = sky.stream_and_get(request, output_stream=lines)
    finally:
        _launching.pop(cluster, None)
    return {"job": job, "where": _where(handle), "price": _price(handle)}


def _where(handle: Any) -> str:
    found = getattr(handle, "launched_resources", None)
    if found is None:
        return ""
    words = (found.cloud, found.region, found.zone, found.instance_type)
    return " ".join(str(word) for word in words if word)


def _price(handle: Any) -> Any:
    """USD an hour, or None where nobody knows."""
    try:
        return handle.launched_resources.get_cost(3600) * handle.launched_nodes
    except Exception:
        return None


@_call
def _exec(sky: Any, lines: Any, cluster: Any, task: Any) -> Any:
    """Start a job on a cluster that is up; its number."""
    request = sky.exec(sky.Task.from_yaml_config(task), cluster_name=cluster)
    return {"job": sky.stream_and_get(request, output_stream=lines)[0]}


@_call
def _follow(sky: Any, lines: Any, cluster: Any, job: Any) -> Any:
    """The lines of a job from its beginning to its end; its exit code as SkyPilot tells it."""
    return {"code": int(sky.tail_logs(cluster, job, follow=True, output_stream=lines))}


@_call
def _logs(sky: Any, lines: Any, cluster: Any, job: Any) -> Any:
    """The whole output of a job that has ended."""
    folder = sky.download_logs(cluster, [str(job)])[str(job)]
    with open(os.path.join(os.path.expanduser(folder), "run.log"), encoding="utf-8",
              errors="replace") as file:  # fmt: skip
        for line in file:
            lines.write(line)
    return {}


@_call
def _cancel(sky: Any, lines: Any, cluster: Any, job: Any = None) -> Any:
    """End a job with everything it started; without a number, all of them."""
    chosen = {"all": True} if job is None else {"job_ids": [job]}
    sky.get(sky.cancel(cluster, **chosen))
    return {}


@_call
def _status(sky: Any, lines: Any, clusters: Any = None, refresh: Any = False) -> Any:
    """Clusters by name, each with its status in SkyPilot's words."""
    from sky import StatusRefreshMode

    mode = StatusRefreshMode.FORCE if refresh else StatusRefreshMode.NONE
    found = sky.get(sky.status(clusters, refresh=mode))
    return {"clusters": {one["name"]: one["status"].value for one in found}}


@_call
def _down(sky: Any, lines: Any, cluster: Any) -> Any:
    """Give a cluster back, also in the middle of its launch, and also if it is not there."""
    if cluster in _launching:
        sky.get(sky.api_cancel(_launching[cluster]))
    try:
        sky.get(sky.down(cluster))
    except Exception as error:
        if type(error).__name__ == "ClusterDoesNotExist":
            return {"was": False}
        raise
    return {"was": True}


if __name__ == "__main__":
    main()
