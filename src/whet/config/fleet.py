"""What must hold of `[[workers]]`: names of their own, keys that fit the kind, cores that exist."""

import os
import re
from collections.abc import Callable, Iterator, Mapping

from whet.config.complaints import short
from whet.config.keys import find, pattern
from whet.config.quantities import NotAQuantity, read_cpus

Problem = tuple[str, str]
Values = Mapping[str, object]

_ONLY: Mapping[str, tuple[str, ...]] = {
    "host": ("ssh",),
    "python": ("ssh", "sky"),
    "setup": ("ssh", "sky"),
    "envs": ("ssh", "sky"),
    "resources": ("sky",),
    "experiment": ("sky",),
    "autostop": ("sky",),
    "max_hours": ("sky",),
}
"""Kinds of workers that a key means something for."""

_HOST = re.compile(r"[A-Za-z0-9_][\w.+-]*(?:@[\w.-]+)?(?::[0-9]{1,5})?|[\w.+-]+@\[[0-9a-fA-F:]+\]")
_FREE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def of_workers(values: Values) -> Iterator[tuple[str, Problem]]:
    """What is wrong with the workers, each with the key to blame."""
    if "workers" in values and not any(key.startswith("workers.") for key in values):
        yield "workers", ("is empty", 'write `[[workers]]` and `name = "local"`, or nothing')
    rows = _rows(values)
    yield from _names(rows)
    for at, row in rows.items():
        yield from _fitting(at, row)
        yield from _guards(at, row, values)
    if rows and all(row.get("role") == "guard" for row in rows.values()):
        at = next(iter(rows))
        yield f"{at}.role", ("is `guard`, and no worker is left to measure",
                             'write another `[[workers]]` with `role = "measure"`')  # fmt: skip


def _rows(values: Values) -> dict[str, dict[str, object]]:
    """The keys of each worker, by `workers.N`."""
    rows: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        parts = key.split(".", 2)
        if parts[0] == "workers" and len(parts) > 1 and parts[1].isdecimal():
            row = rows.setdefault(f"workers.{parts[1]}", {})
            if len(parts) == 3:
                row[parts[2]] = value
    return rows


def _names(rows: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, Problem]]:
    """A name that two of them have, the numbered ones included."""
    seen: set[str] = set()
    for at, row in rows.items():
        name, count = row.get("name", "local"), row.get("count", 1)
        if not isinstance(name, str) or not isinstance(count, int):
            continue
        numbered = {f"{name}-{number}" for number in range(1, min(count, 1000) + 1)}
        own = {name} if count == 1 else numbered
        if own & seen:
            hint = f'write `name = "{short(name)}-2"`'
            if "name" in row:
                yield f"{at}.name", (f"is `{short(name)}`, as another one", hint)
            else:
                key = next((f"{at}.{key}" for key in row), at)
                yield key, (f"is of a worker called `{short(name)}`, as another one", hint)
        elif "name" not in row and row.get("kind", "local") != "local":
            yield f"{at}.kind", (f"is `{row['kind']}`, and the worker has no name",
                                 f'write `name = "{row["kind"]}"` beside it')  # fmt: skip
        seen |= own


def _fitting(at: str, row: Mapping[str, object]) -> Iterator[tuple[str, Problem]]:
    """Keys that mean nothing for this kind or role, and those that are missing."""
    kind = row.get("kind", "local")
    if kind == "ssh" and not row.get("host"):
        yield f"{at}.kind", ("is `ssh`, but there is no host", 'write `host = "user@box"`')
    count = row.get("count", 1)
    if isinstance(count, int) and count > 1 and kind != "sky":
        why = "this machine is one" if kind == "local" else "a host is one machine"
        yield f"{at}.count", (f"is {count}, and {why}", "write one `[[workers]]` for each machine")
    for key, value in row.items():
        kinds = _ONLY.get(key.partition(".")[0])
        if kinds is not None and kind not in kinds and not _usual(at, key, value):
            meant = " or ".join(f'kind = "{one}"' for one in kinds)
            yield f"{at}.{key}", (f"is not used while `kind` is `{kind}`", f"write `{meant}`")
    if kind == "local":
        yield from _cores(at, row.get("cpus"))


def _usual(at: str, key: str, value: object) -> bool:
    """Whether a value says what is so without it."""
    known = find(f"{at}.{key}")
    return known is not None and value in (known.default, "")


def _cores(at: str, cpus: object) -> Iterator[tuple[str, Problem]]:
    """Cores that this machine does not have."""
    try:
        wanted = read_cpus(cpus) if isinstance(cpus, str) else frozenset()
    except NotAQuantity:
        return  # said already
    here = frozenset(range(os.cpu_count() or 1))
    if missing := sorted(wanted - here):
        last = len(here) - 1
        hint = f'write `cpus = "0-{last}"`' if last else 'write `cpus = "0"`'
        yield f"{at}.cpus", (f"names core {missing[0]}, but this machine has {len(here)}", hint)


def _guards(
    at: str, row: Mapping[str, object], values: Values
) -> Iterator[tuple[str, Problem]]:  # fmt: skip
    known = [value for key, value in values.items()
             if key == "goal.metric" or pattern(key) == "guard.*.metric"]  # fmt: skip
    for key, value in row.items():
        name, _, metric = key.partition(".")
        if name not in ("guards", "required"):
            continue
        if row.get("role", "measure") != "guard":
            if _usual(at, key, value):
                continue
            yield f"{at}.{key}", ("is not used while `role` is `measure`", 'write `role = "guard"`')
        elif name == "guards" and metric not in known:
            hint = f'write a `[[guard]]` with `metric = "{short(metric)}"`'
            yield f"{at}.{key}", ("is no metric of this file", hint)


def _cpus(_dotted: str, text: str) -> Problem | None:
    try:
        read_cpus(text)
    except NotAQuantity as problem:
        return str(problem), 'write `cpus = "0-3,6"`'
    return None


def _host(_dotted: str, text: str) -> Problem | None:
    if not text or _HOST.fullmatch(text):
        return None
    return f"is `{short(text)}`, which is no host", 'write `host = "user@box"` or `"user@box:2222"`'


def _python(_dotted: str, text: str) -> Problem | None:
    if text.strip() and not text.startswith("-") and text.isprintable():
        return None
    return f"is `{short(text)}`, which is no program", 'write `python = "python3"`'


def _variable(dotted: str, _text: str) -> Problem | None:
    name = dotted.split(".", 3)[3]
    if not _FREE.fullmatch(name):
        return "is not the name of a variable", 'write `envs = { OMP_NUM_THREADS = "4" }`'
    return None


def _file(_dotted: str, text: str) -> Problem | None:
    if not text or not (text.startswith(("/", "~")) or ".." in text.split("/")):
        return None
    return f"is `{short(text)}`, outside the repository", 'write `experiment = "experiment.yaml"`'


RULES: Mapping[str, Callable[[str, str], Problem | None]] = {
    "workers.*.cpus": _cpus,
    "workers.*.host": _host,
    "workers.*.python": _python,
    "workers.*.envs.*": _variable,
    "workers.*.experiment": _file,
}
"""By pattern, as in `whet.config.rules`."""
