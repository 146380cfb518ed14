"""What the Markdown report shows. The template only puts it in its place."""

from dataclasses import dataclass

from markupsafe import Markup

from whet.model.config import Config
from whet.model.event import StackMeasured
from whet.model.verdict import Effect
from whet.plan.paid import paid
from whet.plan.state import ExperimentState, State
from whet.report import (
    arms,
    fleet,
    harvest,
    limits,
    method,
    rented,
    story,
    summary,
    sums,
    words,
)
from whet.report.cells import (
    NONE,
    changed,
    cited,
    coded,
    compared,
    gone,
    inert,
    joined,
    linked,
    middle,
    named,
    ours,
    spread,
    worded,
)
from whet.report.escape import fenced
from whet.report.figures import change, duration, moment, percent, plural, share
from whet.report.handover.branched import Branched, branched
from whet.report.lines import unit

Row = dict[str, str]
"""Cells by the names the template uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The report's parts in their order. Plain text is escaped by the template."""

    headline: str
    subject: str
    scripted: str
    next_steps: tuple[str, ...]
    result: tuple[Row, ...]
    confidence: str
    pair_confidence: str
    measured_how: str
    controls: tuple[Markup, ...]
    pictures: bool
    picture: Markup
    kept: tuple[Row, ...]
    sums: tuple[str, ...]
    branches: tuple[Row, ...]
    branched: Markup
    held: tuple[str, ...]
    left_out: tuple[Row, ...]
    left_out_title: str
    tried: tuple[Row, ...]
    predictions: str
    never_tried: tuple[str, ...]
    research: tuple[tuple[str, ...], ...]
    found_nothing: str
    harvest: tuple[Row, ...]
    evidence: tuple[Row, ...]
    uncited: str
    machines: tuple[Markup, ...]
    helps: tuple[tuple[str, ...], ...]
    money: str
    rented: tuple[tuple[str, ...], ...]
    limits: tuple[tuple[str, ...], ...]
    looked: Markup
    with_whet: Markup
    without_whet: Markup
    method: tuple[Markup, ...]


def view(state: State, *, pictures: bool) -> View:
    """Everything the report says about a campaign."""
    config, headline = story.config_of(state), story.headline(state)
    stack = headline.stack
    left_out = story.left_out(state)
    return View(
        headline=_headline(state, headline),
        subject=_subject(state, config),
        scripted=state.scripted,
        next_steps=_next(state, headline),
        result=_result(state, stack) if stack is not None else (),
        confidence=share(config.judge.final_confidence),
        pair_confidence=share(config.measure.confidence),
        measured_how=_how(stack) if stack is not None else "",
        controls=tuple(worded(told) for told in method.controls(state)),
        pictures=pictures,
        picture=_picture(state, headline),
        kept=tuple(_kept(state, one) for one in story.kept(state)),
        sums=tuple(
            ours(s)
            for s in (sums.together(state), sums.false_keeps(state), *arms.sentences(state))
            if s
        ),
        branches=_branches(found) if (found := branched(state)) is not None else (),
        branched=_branched(found) if found is not None else Markup(),
        held=tuple(_held(state, one) for one in story.held(state)),
        left_out=tuple(_left_out(state, one) for one in left_out),
        left_out_title=f"{plural(len(left_out), 'experiment')} not kept",
        tried=_tried(state),
        predictions=sums.foreseen(state),
        never_tried=_never_tried(state),
        research=_research(state),
        found_nothing=_found_nothing(state),
        harvest=tuple(_harvested(row) for row in harvest.rows(state)),
        evidence=_evidence(state),
        uncited=ours(sums.uncited(state)),
        machines=tuple(worded(told) for told in method.machines(state)),
        helps=tuple(tuple(inert(cell, 160) for cell in row) for row in fleet.helps(state)),
        money=ours(fleet.money(state)),
        rented=_rented(state),
        limits=_limits(state),
        looked=worded(limits.looked(state)),
        with_whet=_block(method.with_whet(state)),
        without_whet=_block(method.without_whet(state)),
        method=tuple(worded(told) for told in method.method(state)),
    )


def _headline(state: State, found: story.Headline) -> str:
    if found.kind != "measured" or found.stack is None or found.effect is None:
        return summary.without_number(state)
    seen = story.guards(state, found.stack)
    parts = [plural(len(state.stack), "change")]
    if _checked(found.stack):
        parts.append("checks pass")
    if seen and all(guard.state == "holds" for guard in seen):
        parts.append("guards hold")
    number, _, interval = change(found.effect).partition(" ")
    metric = inert(found.effect.metric, 60)
    return joined(ours(f"{number} "), metric, ours(f" {interval}, {', '.join(parts)}"))


def _checked(stack: StackMeasured) -> bool:
    return any(stage.name == "checks" and stage.ok for stage in stack.outcome.stages)


def _subject(state: State, config: Config) -> str:
    goal = config.goal
    same = state.name == goal.metric  # what a campaign is called when nobody says
    what = joined("" if same else state.name, config.campaign.title, by=": ")
    better = f"{goal.direction} is better, gains below {share(goal.min_effect)} do not count"
    measure = unit(state, goal.metric)
    name = joined(goal.metric, joined(ours(" in "), measure) if measure else "")
    whet = ours(f", whet {state.version}, {moment(state.last)[:10]}.")
    base = joined(ours(". Base "), coded(state.base[: story.SHORT_COMMIT]))
    return joined(
        what, ours(". " if what else ""), ours("Goal: "), name, ours(f", {better}"), base, whet
    )


def _next(state: State, found: story.Headline) -> tuple[str, ...]:
    said: list[str] = []
    if found.kind == "measured" and found.stack is not None:
        passed = " and that the checks pass" if _checked(found.stack) else ""
        said.append(
            "Read the patches before you merge them: whet knows that they are "
            f"faster{passed}, and nothing else."
        )
    last = story.last_that_held(state) if found.kind == "pending" else None
    if last is not None and last.effect is not None:
        with_ = plural(len(last.experiments), "change")
        gained = change(last.effect)
        said.append(ours(f"With {with_}, the stack gained {gained} when it was last measured."))
    if state.stack:
        base = state.base[: story.SHORT_COMMIT]
        diff = coded(f"git diff {base} refs/whet/{state.name}/stack")
        said.append(joined(ours("All kept changes together: "), diff, ours(".")))
    if found.kind == "nothing" and state.calibrations:
        noise = [calibration.noise for calibration in state.calibrations.values()]
        smallest = percent(max(one.detectable for one in noise))
        said.append(f"On this machine, gains from {smallest} up are found in 4 of 5 cases.")
    hours = duration(state.busy_seconds)
    if state.stopped is not None:
        said.append(joined(ours(f"Stopped after {hours}: "), state.stopped.reason, ours(".")))
    else:
        said.append(f"The campaign is not finished; {hours} of work so far.")
    return tuple(said)


def _result(state: State, stack: StackMeasured) -> tuple[Row, ...]:
    rows = []
    if stack.effect is not None:
        word = "faster" if stack.effect.low > 0 else "not faster"
        rows.append(_metric(state, stack, stack.effect.metric, stack.effect, word))
    for seen in story.guards(state, stack):
        word = {"holds": "holds", "lost": "got worse", "unclear": "unclear"}[seen.state]
        word += f" (at most {share(seen.guard.max_loss)} worse)"
        exact = seen.guard.exact
        rows.append(_metric(state, stack, seen.guard.metric, seen.effect, word, exact=exact))
    return tuple(rows)


def _metric(
    state: State,
    stack: StackMeasured,
    metric: str,
    effect: Effect | None,
    word: str,
    *,
    exact: bool = False,
) -> Row:
    pairs = stack.outcome.pairs
    a = effect.a if effect is not None else middle([pair.a for pair in pairs], metric)
    b = effect.b if effect is not None else middle([pair.b for pair in pairs], metric)
    measure = unit(state, metric)
    return {
        "metric": joined(metric, f", {measure}" if measure else ""),
        "base": spread(pairs, metric, "a", a) if a is not None else NONE,
        "stack": spread(pairs, metric, "b", b) if b is not None else NONE,
        "change": compared(effect, a, b) if exact else changed(effect),
        "word": word,
    }


def _how(stack: StackMeasured) -> str:
    pairs = plural(len(stack.outcome.pairs), "interleaved pair")
    cpu = stack.outcome.fingerprint.cpu
    return joined(ours(f"{pairs} in random order on "), cpu, ours(", taken for this table alone."))


def _picture(state: State, found: story.Headline) -> Markup:
    """The text that stands for the picture, inside an attribute: no foreign word is in it."""
    tried = plural(len(state.experiments), "experiment")
    if found.kind == "measured" and found.effect is not None:
        return ours(f"Progress over {tried}, {change(found.effect)} at the end")
    return ours(f"Progress over {tried}")


def _kept(state: State, one: ExperimentState) -> Row:
    idea = state.ideas.get(one.candidate.idea)
    names = idea.evidence if idea is not None else ()
    cites = [cited(state.evidence[name]) for name in names if name in state.evidence]
    return {
        "name": joined(named(state, one), ours(" (alone)") if not one.in_stack else ""),
        "change": changed(story.comparable(one)),
        "evidence": joined(*cites, by=", ") or ours("none cited"),
        "lines": ours(f"+{one.candidate.added} -{one.candidate.removed}"),
        "commit": coded(one.candidate.commit[: story.SHORT_COMMIT]) or NONE,
    }


def _branches(found: Branched) -> tuple[Row, ...]:
    return tuple(
        {
            "name": coded(one.name),
            "change": changed(one.effect) if one.effect is not None else "not measured",
            "needs": ours(", ".join(one.needs)) if one.needs else NONE,
            "commit": coded(one.commit),
        }
        for one in found.branches
    )


def _branched(found: Branched) -> Markup:
    on = joined(ours("Branches for handing over, each measured on "), coded(found.base), ours("."))
    return joined(on, ours(found.sum), by=" ")


def _left_out(state: State, one: ExperimentState) -> Row:
    assert one.verdict is not None
    return {
        "name": named(state, one),
        "verdict": words.title(one.verdict),
        "change": changed(story.comparable(one), strong=False),
        "why": inert(one.verdict.reason, 200),
    }


def _tried(state: State) -> tuple[Row, ...]:
    answers = {seen.experiment: seen.answer for seen in story.predictions(state)}
    return tuple(_try(state, one, answers.get(one.id, "")) for one in story.judged(state))


def _try(state: State, one: ExperimentState, answer: str) -> Row:
    assert one.verdict is not None
    idea = state.ideas.get(one.candidate.idea)
    range_ = sorted(idea.predicted) if idea is not None and idea.predicted is not None else None
    return {
        "name": named(state, one),
        "wave": ours(str(one.wave) if one.wave else NONE),
        "predicted": ours(f"{percent(range_[0])} to {percent(range_[1])}") if range_ else NONE,
        "measured": changed(story.comparable(one), strong=one.verdict.kind == "kept"),
        "answer": answer,
        "verdict": words.title(one.verdict),
    }


def _held(state: State, one: ExperimentState) -> str:
    assert one.verdict is not None
    return joined(named(state, one), ours(": "), inert(one.verdict.held, 200))


def _block(text: str) -> Markup:
    return Markup(fenced(text, "sh"))  # noqa: S704


def _harvested(row: harvest.Row) -> Row:
    experiment = row.experiment
    verdict = experiment.verdict if experiment is not None else None
    title = inert(row.idea.title, 120)
    linked_to = Markup(f"[{title}](<{row.evidence.locator}>)") if linked(row.evidence) else title  # noqa: S704
    return {
        "commit": coded(row.commit),
        "title": linked_to,
        "author": inert(row.evidence.author, 60),
        "licence": inert(row.evidence.licence or "none", 40),
        "experiment": ours(experiment.id) if experiment is not None else NONE,
        "change": changed(story.comparable(experiment)) if experiment is not None else NONE,
        "why": words.title(verdict) if verdict is not None and verdict.kind == "kept"
        else inert(harvest.why(row), 160),
    }  # fmt: skip


def _research(state: State) -> tuple[tuple[str, ...], ...]:
    """Which readers paid; nothing where none was asked."""
    return tuple(
        (
            inert(one.reader, 40),
            *map(ours, map(str, (one.evidence, one.ideas, one.ruled_out, one.tried, one.kept))),
            ours(percent(one.gain)) if one.kept else NONE,
            ours(percent(one.predicted)) if one.predicted is not None else NONE,
            ours(percent(one.measured)) if one.measured is not None else NONE,
        )
        for one in (paid(state) if state.readings else ())
        if one.evidence or one.ideas
    )


def _found_nothing(state: State) -> str:
    names = [one.reader for one in paid(state) if not one.evidence and not one.ideas]
    listed = joined(*(inert(name, 40) for name in names), by=", ")
    return joined(ours("Asked, and found nothing: "), listed, ours(".")) if names else ours("")


def _rented(state: State) -> tuple[tuple[str, ...], ...]:
    """Every machine, where any was rented."""
    return tuple(
        (
            inert(one.worker, 40), inert(one.what, 120), ours(one.price or "-"),
            ours(one.time or "-"), ours(one.cost), inert(one.ended, 120),
        )
        for one in (rented.rows(state) if state.machines else ())
    )  # fmt: skip


def _limits(state: State) -> tuple[tuple[str, ...], ...]:
    """Shares of the time and of ceilings."""
    return tuple(
        (inert(one.name, 80), _part(one.before), _part(one.after), inert(f"of {one.of}", 60))
        for one in limits.rows(state)
    )


def _part(value: float | None) -> str:
    return ours(share(round(value, 3))) if value is not None else NONE


def _never_tried(state: State) -> tuple[str, ...]:
    dropped = [(name, f"dropped: {reason}") for name, reason in state.dropped.items()]
    queued = [(idea.id, "still in the queue") for idea in state.queue()]
    return tuple(
        joined(ours(f"{name} "), inert(state.ideas[name].title, 120), ours(": "), what)
        for name, what in (*dropped, *queued)
        if name in state.ideas
    )


def _evidence(state: State) -> tuple[Row, ...]:
    return tuple(
        {
            "name": joined(
                cited(one), f", {one.locator}" if one.title and not linked(one) else "", gone(one)
            ),
            "licence": f", {one.licence}" if one.licence else "",
            "quote": inert(one.quote, 600),
        }
        for one in story.cited(state)
    )
