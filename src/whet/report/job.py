"""A comparison as a GitHub job shows it: a summary, outputs, one annotation. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from whet.judge.comparison import Comparison
from whet.judge.ratios import log_ratios
from whet.judge.summary import mad_sd
from whet.model.config import Config
from whet.model.trial import TrialOutcome
from whet.report.escape import code, safe, visible
from whet.report.figures import change, interval, plural, settled, share, value

Conclusion = Literal["faster", "slower", "no_difference", "cannot_tell", "too_noisy"]

_WORDS = {
    "faster": "better",
    "slower": "worse",
    "no_difference": "no difference",
    "cannot_tell": "cannot tell",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a job says; `noise` is the robust spread of single pairs, as a fraction."""

    title: str
    conclusion: Conclusion
    sentence: str
    text: str
    noise: float
    outputs: tuple[tuple[str, str], ...]
    worse: tuple[str, ...]
    """Metrics that got worse, unless the runner is too noisy to say so."""


def job(
    title: str, a: str, b: str, config: Config, rows: Sequence[Comparison], outcome: TrialOutcome
) -> Job:
    """The job of a comparison; `rows` has the goal first, `a` and `b` are commits."""
    goal = rows[0]
    noise = mad_sd(log_ratios(outcome.pairs, goal.effect.metric, config.goal.direction))
    noisy = noise > config.measure.max_noise
    conclusion: Conclusion = "too_noisy" if noisy else goal.answer
    sentence = _sentence(goal, noise, config.measure.max_noise, noisy=noisy)
    e = goal.effect
    outputs = (
        ("answer", conclusion), ("gain", f"{e.estimate:.6g}"), ("low", f"{e.low:.6g}"),
        ("high", f"{e.high:.6g}"), ("pairs", str(e.pairs)), ("noise", f"{noise:.4g}"),
    )  # fmt: skip
    return Job(
        title=title, conclusion=conclusion, sentence=sentence, noise=noise, outputs=outputs,
        text=_text(title, sentence, a, b, config, rows, outcome, noise, noisy=noisy),
        worse=() if noisy else tuple(r.effect.metric for r in rows if r.answer == "slower"),
    )  # fmt: skip


def _sentence(goal: Comparison, noise: float, limit: float, *, noisy: bool) -> str:
    e = goal.effect
    if noisy:
        return (
            f"This runner is too noisy to say anything: pairs of runs differ by {share(noise)}, "
            f"more than the {share(limit)} allowed."
        )
    said = f"{visible(e.metric)} {change(e)}"
    if goal.answer == "cannot_tell":
        more = f" About {goal.pairs_needed} pairs would tell." if goal.pairs_needed else ""
        return f"Cannot tell: {said}.{more}"
    words = {"faster": "Better", "slower": "Worse", "no_difference": "No difference that matters"}
    return f"{words[goal.answer]}: {said}."


def _text(
    title: str, sentence: str, a: str, b: str, config: Config, rows: Sequence[Comparison],
    outcome: TrialOutcome, noise: float, *, noisy: bool,
) -> str:  # fmt: skip
    units = {config.goal.metric: config.goal.unit, **{g.metric: g.unit for g in config.guard}}
    head = f"| Metric | {a[:7]} | {b[:7]} | Gain [95% CI] | |\n| :-- | --: | --: | :-- | :-- |"
    lines = [
        f"| {safe(row.effect.metric)} | {safe(value(row.effect.a, units[row.effect.metric]))} "
        f"| {safe(value(row.effect.b, units[row.effect.metric]))} | {_gain(row)} "
        f"| {'too noisy' if noisy else _WORDS[row.answer]} |"
        for row in rows
    ]
    seen = outcome.fingerprint
    foot = (
        f"{plural(rows[0].effect.pairs, 'pair')} of {code(config.bench.command)}, interleaved in "
        f"random order on one runner ({safe(seen.cpu)}, {plural(seen.cores, 'core')}); single "
        f"pairs differ by {share(round(noise, 4))}. A gain is above 0 where {b[:7]} is better. "
        f"Benchmark and checks are those of {a[:7]}, for both."
    )
    table = "\n".join((head, *lines))
    return f"### {safe(title)}: {safe(sentence, 400)}\n\n{table}\n\n<sub>{foot}</sub>\n"


def _gain(row: Comparison) -> str:
    e = row.effect
    return change(e) if settled(e) else f"\\~ {interval(e)}"


def marker(title: str) -> str:
    """What a comment begins with, so that the next run finds it; nothing of it is shown."""
    return f"<!-- whet compare: {re.sub(r'[^A-Za-z0-9 ._-]', '', title)} -->"


def command(level: str, title: str, text: str) -> str:
    """A line that GitHub turns into an annotation: `::warning title=…::…`."""
    plain = visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    head = visible(title).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={head}::{plain}"
