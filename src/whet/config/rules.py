"""What must hold beyond types: ranges, names, paths, and keys that belong together.

Every rule looks at one value, or at a few together, and answers with what is wrong and what to
write instead. Values are those of the file after durations and shares have become numbers.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping

from whet import formats
from whet.config import credentials, fleet, research, words
from whet.config.complaints import short
from whet.config.keys import Key, find, nearest, pattern, place, usual
from whet.config.quantities import KINDS, Range

Problem = tuple[str, str]
"""What is wrong with a key, to follow its name, and what to write instead."""

Values = Mapping[str, object]

_MANY = 1_000_000
_DAY = 86400.0

RANGES: Mapping[str, Range] = {
    "goal.min_effect": Range(low=0, high=1, open_low=True, open_high=True),
    "goal.target": Range(low=0, high=100, open_low=True),
    "guard.*.max_loss": Range(low=0, high=1, open_high=True),
    "build.timeout": Range(low=0, high=7 * _DAY, open_low=True),
    "bench.timeout": Range(low=0, high=7 * _DAY, open_low=True),
    "checks.timeout": Range(low=0, high=7 * _DAY, open_low=True),
    "agent.timeout": Range(low=0, high=7 * _DAY, open_low=True),
    "bench.warmup": Range(low=0, high=1000),
    "checks.mutants": Range(low=0, high=1000),
    "scope.max_files": Range(low=1, high=_MANY),
    "scope.max_lines": Range(low=1, high=_MANY),
    "measure.aa_pairs": Range(low=4, high=1000),
    "measure.stack_pairs": Range(low=4, high=1000),
    "measure.confidence": Range(low=0.5, high=1, open_low=True, open_high=True),
    "measure.max_noise": Range(low=0, high=1, open_low=True),
    "measure.aa_every": Range(low=0, high=7 * _DAY),
    "measure.max_wait": Range(low=0, high=7 * _DAY),
    "measure.failures_max": Range(low=0, high=1000),
    "measure.shared_control": Range(low=1, high=16),
    "measure.pairs_min": Range(low=0, high=1000),
    "measure.seed": Range(low=0, high=2**53),
    "judge.alpha": Range(low=1e-5, high=0.1, open_low=True),
    "judge.fdr": Range(low=0, high=0.5, open_low=True),
    "judge.futility": Range(low=0, high=0.5, open_low=True, open_high=True),
    "judge.suspicious_above": Range(low=0, high=100, open_low=True),
    "judge.best_possible": Range(low=-math.inf, high=math.inf, open_low=True, open_high=True),
    "judge.final_confidence": Range(low=0.5, high=1, open_low=True, open_high=True),
    "research.max_requests": Range(low=0, high=_MANY),
    "research.max_megabytes": Range(low=0, high=_MANY),
    "roofline.bytes_per_unit": Range(low=0, high=1e18),
    "roofline.flops_per_unit": Range(low=0, high=1e24),
    "roofline.working_set": Range(low=0, high=1e18),
    "roofline.cached_bytes_per_unit": Range(low=0, high=1e18),
    "run.ideas_per_wave": Range(low=1, high=1000),
    "run.max_waves": Range(low=1, high=_MANY),
    "run.max_experiments": Range(low=1, high=_MANY),
    "run.hours": Range(low=0, high=24 * 366, open_low=True),
    "run.stop_after_dry_waves": Range(low=0, high=_MANY),
    "pr.max_open": Range(low=1, high=1000),
    "agent.parallel": Range(low=1, high=256),
    "run.budget": Range(low=0, high=_MANY),
    "run.tokens": Range(low=0, high=2**53),
    "run.wave_budget": Range(low=0, high=_MANY),
    "run.wave_tokens": Range(low=0, high=2**53),
    "agent.price_read": Range(low=0, high=_MANY),
    "agent.price_written": Range(low=0, high=_MANY),
    "agent.price_cached": Range(low=0, high=_MANY),
    "agent.attempts": Range(low=0, high=100),
    "agent.calls": Range(low=0, high=_MANY),
    "agent.tokens": Range(low=0, high=2**53),
    "agent.budget": Range(low=0, high=_MANY),
    "workers.*.count": Range(low=1, high=1000),
    "workers.*.price": Range(low=0, high=_MANY),
    "workers.*.autostop": Range(low=1, high=24 * 60),
    "workers.*.max_hours": Range(low=0, high=24 * 31, open_low=True),
    "workers.*.guards.*": Range(low=0, high=1, open_high=True),
}
"""The numbers that make sense, by pattern; every number of the configuration is here."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TIMED = ("wall_s", "cpu_s")


def of_one(dotted: str, value: object) -> Problem | None:
    """The first thing wrong with the value of one key."""
    key = find(dotted)
    if key is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _range(dotted, value)
    rules = (_secret, _plain, _RULES.get(key.pattern, _anything))
    texts = value if isinstance(value, list) else [value]
    for rule in rules:
        for text in texts:
            problem = rule(dotted, text) if isinstance(text, str) else None
            if problem:
                return problem
    if isinstance(value, list) and not value and key.pattern == "scope.allow":
        return "is empty, so nothing may change", 'write `allow = ["src/**"]`'
    return None


def of_many(values: Values) -> Iterator[tuple[str, Problem]]:
    """What is wrong with keys that do not fit together, each with the key to blame."""
    yield from _metrics(values)
    yield from fleet.of_workers(values)
    yield from _agent(values)
    if values.get("roofline.cached_command"):
        for key, size in (("bytes_per_unit", "590MiB"), ("cached_bytes_per_unit", "13MB")):
            if not values.get(f"roofline.{key}"):
                text = f"is there, but `{key}` is missing"
                yield "roofline.cached_command", (text, f'write `{key} = "{size}"`')
    if values.get("bench.format") == "time":
        named = {key: values[key] for key in _metric_keys(values)}
        for key, metric in named.items():
            if metric not in _TIMED:
                text = f"is `{short(metric)}`, but the format `time` gives {' and '.join(_TIMED)}"
                yield key, (text, 'write `metric = "wall_s"`')


def _agent(values: Values) -> Iterator[tuple[str, Problem]]:
    kind = values.get("agent.kind")
    named = values.get("agent.name") or values.get("agent.command")
    if kind == "command" and not named:
        yield "agent.kind", ("is `command`, but there is none", 'write `command = "./my-agent"`')
    if kind == "acp" and not values.get("agent.name"):
        yield "agent.kind", ("is `acp`, but no agent is named", 'write `name = "goose"`')
    if kind == "builtin":
        for key, example in (("endpoint", "http://localhost:11434/v1"), ("model", "my-model")):
            if not values.get(f"agent.{key}"):
                yield "agent.kind", (f"is `builtin`, but `{key}` is missing",
                                     f'write `{key} = "{example}"`')  # fmt: skip
    if values.get("agent.command") and "agent.kind" not in values:
        yield "agent.command", ("is not used while `kind` is `none`", 'write `kind = "command"`')
    for key, other in (("read", "written"), ("written", "read")):
        if f"agent.price_{key}" in values and values.get(f"agent.price_{other}") is None:
            text = f"is there, but `price_{other}` is missing"
            yield f"agent.price_{key}", (text, f"write `price_{other} = 15.0`")


def _metrics(values: Values) -> Iterator[tuple[str, Problem]]:
    seen: dict[str, str] = {}
    for key in _metric_keys(values):
        metric = values[key]
        if not isinstance(metric, str):
            continue
        if metric in seen:
            text = f"is `{short(metric)}`, as in {place(seen[metric]).partition(' `')[0]}"
            yield key, (text, f'remove one of the two: `metric = "{short(metric)}"`')
        seen.setdefault(metric, key)


def _metric_keys(values: Values) -> list[str]:
    guards = sorted(key for key in values if pattern(key) == "guard.*.metric")
    return [key for key in ("goal.metric", *guards) if key in values]


def _range(dotted: str, value: float) -> Problem | None:
    name = pattern(dotted)
    allowed = RANGES.get(name)
    if allowed is None or (math.isfinite(value) and allowed.holds(value)):
        return None
    key = find(dotted)
    assert key is not None
    if KINDS.get(name) == "share" and 1 <= value <= 100 and allowed.holds(value / 100):
        percent = f"{value:g}"
        return f"is {percent}, which is {value * 100:g} %", f'write `{key.name} = "{percent}%"`'
    ends = [
        f"above {_end(key.pattern, allowed.low)}" if allowed.open_low
        else f"{_end(key.pattern, allowed.low)} or more",
        f"below {_end(key.pattern, allowed.high)}" if allowed.open_high
        else f"{_end(key.pattern, allowed.high)} or less",
    ]  # fmt: skip
    said = words.show(key, value)
    if math.isinf(allowed.high):
        return f"is {said}, not a number", f"write `{key.name} = 0.5`"
    return f"is {said}", f"write `{key.name} = {_nearest(key, allowed, value)}`: {', '.join(ends)}"


def _nearest(key: Key, allowed: Range, value: float) -> str:
    """The end of the range that was passed, or, where that is not in it, the usual value."""
    end = allowed.high if value >= allowed.high else allowed.low
    nearest = end if allowed.holds(end) else usual(key)
    said = words.show(key, int(nearest) if nearest == int(nearest) else nearest)
    return f'"{said}"' if key.pattern in KINDS else said


def _end(name: str, value: float) -> str:
    key = find(name.replace("*", "0"))
    assert key is not None
    return words.show(key, value) if name in KINDS and value else f"{value:g}"


def _anything(_dotted: str, _text: str) -> Problem | None:
    return None


def _secret(dotted: str, text: str) -> Problem | None:
    name = credentials.found_in(dotted.rpartition(".")[2], text)
    if not name:
        return None
    variable = name.upper() if _VARIABLE.fullmatch(name) else "MY_API_KEY"
    hint = f"secrets come from the environment: remove it here, and `export {variable}=...`"
    return "holds what looks like a secret", hint


def _plain(_dotted: str, text: str) -> Problem | None:
    if "\0" in text:
        return "has a NUL character in it", "remove it: `tr -d '\\0'` does that to a file"
    return None


def _metric(_dotted: str, text: str) -> Problem | None:
    if not text.strip():
        return "is empty", 'write `metric = "p50_ms"`, as the benchmark prints it'
    if text != text.strip() or not text.isprintable():
        plain = short(text.strip())
        return f"is `{short(text)}`, which no benchmark prints", f'write `metric = "{plain}"`'
    return None


def _command(_dotted: str, text: str) -> Problem | None:
    return None if text.strip() else ("is empty", 'write `command = "./bench.sh"`')


def _format(_dotted: str, text: str) -> Problem | None:
    if text == "time":
        return None
    try:
        formats.check(text)
    except formats.FormatError:
        near = nearest(
            text.replace("_", "-"), [name for name in formats.FORMATS if ":" not in name]
        )
        known = ", ".join(("time", *formats.FORMATS))
        if text.startswith("json:"):
            hint = 'write `format = "json:results.ms"`'
            return f"is `{short(text)}`, which names no number", hint
        hint = f'write `format = "{near or "metric-lines"}"`' + ("" if near else f", or {known}")
        return f"is `{short(text)}`, which is no format", hint
    return None


def _inside(_dotted: str, text: str) -> Problem | None:
    if not text.strip():
        return "is empty", "name a file that `git ls-files` lists, or remove the line"
    return _escapes(text)


def _notes(dotted: str, text: str) -> Problem | None:
    return _inside(dotted, text) if text else None


def _escapes(text: str) -> Problem | None:
    if text.startswith(("/", "~")):
        return (
            f"is `{short(text)}`, outside the repository",
            "write a path that `git ls-files` lists",
        )
    if ".." in text.split("/"):
        return (
            f"is `{short(text)}`, which leaves the repository",
            "write a path that `git ls-files` lists",
        )
    if text.split("/", maxsplit=1)[0] in (".git", ".whet"):
        return (
            f"is `{short(text)}`, a folder that is not yours",
            "write another path, such as `out`",
        )
    return None


def _not_empty(_dotted: str, text: str) -> Problem | None:
    return None if text.strip() else ("is empty", 'write `path = "whet-report"`')


def _glob(dotted: str, text: str) -> Problem | None:
    name = dotted.rpartition(".")[2]
    if not text.strip():
        return "has an empty pattern", f'write `{name} = ["src/**"]`'
    if "\n" in text:
        return "has a pattern of several lines", f'one text for each: `{name} = ["a/**", "b/**"]`'
    if text.startswith("#"):
        return f"has `{short(text)}`, a comment to git", f'write `"\\\\{short(text)}"`'
    if text.startswith("./"):
        return f"has `{short(text)}`, which matches nothing", f'write `"{short(text[2:])}"`'
    if ".." in text.split("/"):
        return (
            f"has `{short(text)}`, which leaves the repository",
            "write a pattern such as `src/**`",
        )
    return None


def _cache(_dotted: str, text: str) -> Problem | None:
    if not text.strip():
        return "has an empty path", 'write `cache = ["~/.cache/ccache"]`'
    if text.rstrip("/") in ("", "~", "~root"):
        return f"has `{short(text)}`, all of it", 'write `cache = ["~/.cache/ccache"]`'
    return None


def _base(_dotted: str, text: str) -> Problem | None:
    if not text.strip() or text.startswith("-"):
        return f"is `{short(text)}`, which names no commit", 'write `base = "HEAD"`'
    return None


def _name(dotted: str, text: str) -> Problem | None:
    if NAME.fullmatch(text) or (not text and dotted == "campaign.name"):
        return None
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._") or "main"
    return (
        f"is `{short(text)}`",
        f'write `name = "{short(plain)}"`: letters, digits, dots and dashes',
    )


def _ref(dotted: str, text: str) -> Problem | None:
    name = dotted.rpartition(".")[2]
    bare = re.sub(r"\{(?:campaign|n|slug)\}", "x", text)
    if not re.fullmatch(r"[\w][\w./+-]*", bare) or ".." in bare or bare.endswith((".lock", "/")):
        usual_ = {"base": "auto", "branch": "whet/{campaign}/{n}-{slug}"}.get(name, "origin")
        return f"is `{short(text)}`, which git takes for no name", f'write `{name} = "{usual_}"`'
    if name == "branch" and not (text.startswith("whet/") and "{n}" in text):
        example = 'write `branch = "whet/{campaign}/{n}-{slug}"`'
        return f"is `{short(text)}`, which may be a branch of yours", example
    return None


def _env(dotted: str, _text: str) -> Problem | None:
    name = dotted.removeprefix("bench.env.")
    if not _VARIABLE.fullmatch(name):
        return "is not the name of a variable", 'write `env = { OMP_NUM_THREADS = "4" }`'
    if name.startswith("WHET_"):
        return (
            "is set by whet itself",
            f'write `env = {{ {name.removeprefix("WHET_") or "X"} = "…" }}`',
        )
    return None


_RULES: Mapping[str, Callable[[str, str], Problem | None]] = {
    **research.RULES,
    "goal.metric": _metric,
    "guard.*.metric": _metric,
    "bench.command": _command,
    "bench.format": _format,
    "bench.output": _inside,
    "bench.env.*": _env,
    "build.cache": _cache,
    "campaign.name": _name,
    "campaign.base": _base,
    "campaign.notes": _notes,
    "scope.allow": _glob,
    "scope.protect": _glob,
    "integrity.read_only": _glob,
    "workers.*.name": _name,
    **fleet.RULES,
    "report.path": _not_empty,
    "pr.remote": _ref,
    "pr.base": _ref,
    "pr.branch": _ref,
}
