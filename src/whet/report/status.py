"""`whet status`: where the campaign stands, in at most ten lines."""

from collections.abc import Sequence

from whet.model.underway import Underway
from whet.plan.naming import command_to_go_on
from whet.plan.state import State
from whet.report import agents, fleet
from whet.report.escape import cut, visible
from whet.report.figures import change, clock, duration, moment, plural
from whet.report.lines import banner, values
from whet.report.paid import paid_sentence
from whet.report.span import Line, Span, Style
from whet.report.story import config_of, headline, held, judged
from whet.report.summary import counted, guarded, without_number
from whet.report.wrap import labelled

LINES = 10
_LABEL = 18
_COUNTS = "judged"
_WHAT = {"calibration": "same code twice:", "stack": "the stack:"}
_READS = "research:"


def status(
    state: State,
    now: float,
    holder: str = "",
    width: int = 80,
    underway: Sequence[Underway] = (),
) -> tuple[Line, ...]:
    """Where the campaign stands, in at most ten lines of at most `width` columns.

    Args:
        state: the campaign.
        now: seconds since the epoch.
        holder: who works on the campaign at this moment ("pid 4123"), or empty: nobody.
        width: columns of the terminal.
        underway: what the holder says it is doing.
    """
    rows: list[tuple[str, Style, str]] = [
        (cut(state.name, _LABEL), "strong", _doing(state, now, holder)),
        (cut(config_of(state).goal.metric, _LABEL), "strong", _goal(state)),
        ("guards", "", guarded(state)),
        (f"{len(judged(state))} {_COUNTS}", "", counted(state)),
        (
            "agents",
            "",
            ", ".join(filter(None, (agents.together(state), fleet.beside(state))))
            if state.runs
            else "",
        ),
        ("elsewhere", "", fleet.guarded(state)),
        ("money", "", fleet.money(state, now if holder else None)),
        ("now", "", now_doing(state, now, holder, underway)),
        ("research", "", paid_sentence(state) if state.readings else ""),
        *(("attention", "warn", text) for text in attention(state)[:3]),
        ("next", "", _next(state, holder)),
    ]
    shown = [row for row in rows if row[2]]
    column = max(len(label) for label, _, _ in shown) + 3
    said = banner(state)
    lines = [said] if said is not None else []
    for number, (label, style, text) in enumerate(shown):
        most = 2 if number == 1 or label == "agents" or label.endswith(_COUNTS) else 1
        lines += labelled(Span(label, style), text, column=column, width=width, most=most)
    return tuple(lines[:LINES])


def seconds_of_work(state: State, now: float, holder: str) -> float:
    """How long the campaign has been at work, with what nobody has written down yet."""
    works = holder and state.stopped is None and state.paused is None
    since = max(0.0, now - state.last) if works else 0.0
    return state.busy_seconds + since


def attention(state: State) -> tuple[str, ...]:
    """What a person should look at, most urgent first."""
    return (
        *_held(state),
        *_out(state),
        *fleet.out_of_reach(state),
        *_were_out(state),
        *_repeated(state),
    )


def _doing(state: State, now: float, holder: str) -> str:
    config = config_of(state)
    hours = config.run.hours
    worked = f"{duration(seconds_of_work(state, now, holder))} of {duration(hours * 3600)}"
    if state.stopped is not None:
        return f"stopped after {worked}: {visible(state.stopped.reason)}"
    wave = state.wave
    where = f"wave {wave.number}, " if wave is not None else ""
    doing = f"running ({visible(holder)})" if holder else "not running"
    if holder and state.paused is not None:
        doing = f"paused since {moment(state.paused)[11:16]} ({visible(holder)})"
    return f"{doing}, {where}{worked}"


def _goal(state: State) -> str:
    found = headline(state)
    if found.kind != "measured" or found.effect is None:
        return without_number(state)
    effect = found.effect
    return f"{change(effect)}, {values(state, effect)}, re-measured, {plural(effect.pairs, 'pair')}"


def now_doing(state: State, now: float, holder: str, underway: Sequence[Underway] = ()) -> str:
    """What is being done, and what waits; the count of pairs and never what they say."""
    counted = {one.what: stage_of(one) for one in underway if holder}
    said = [f"{_WHAT[name]} {stage}" for name, stage in counted.items() if name in _WHAT]
    said += [f"{visible(name)}: {stage}" for name, stage in counted.items() if " on " in name]
    reading = (name for name in counted if name.startswith(_READS))
    said += [f"reading {visible(name.removeprefix(_READS))}" for name in reading]
    for experiment in state.experiments.values():
        if experiment.status == "running" and experiment.started is not None:
            since = clock(now - experiment.started.at)
            where = visible(experiment.started.worker)
            doing = f"{counted[experiment.id]} " if experiment.id in counted else ""
            said.append(
                f"{experiment.id} {doing}on {where} for {since}"
                if holder
                else f"{experiment.id} was interrupted on {where}"
            )
    waiting = sum(1 for e in state.experiments.values() if e.status in ("waiting", "measured"))
    queued, left = len(state.queue()), _left(state)
    if waiting:
        said.append(f"{plural(waiting, 'experiment')} waiting")
    if left:
        said.append(f"{plural(left, 'idea')} left in the wave")
    if queued:
        said.append(f"{plural(queued, 'idea')} in the queue")
    return " · ".join(said)


def stage_of(one: Underway) -> str:
    """Where it is, in a word or two: "build", "measure 18/40"."""
    return f"{one.stage} {one.pairs}/{one.cap}" if one.pairs else one.stage.replace("_", " ")


def _left(state: State) -> int:
    ideas = state.wave.ideas if state.wave is not None else ()
    return sum(1 for name in ideas if not state.given_up(name) and not state.tried(name))


def _held(state: State) -> tuple[str, ...]:
    return tuple(
        f"{experiment.id} waits for you: {visible(experiment.verdict.held)}"
        for experiment in held(state)
        if experiment.verdict is not None
    )


def _out(state: State) -> tuple[str, ...]:
    return tuple(
        f"{visible(one.worker)} is out since {moment(one.at)[11:16]}: {visible(one.reason)}"
        for one in state.quarantines
        if one.restored is None
    )


def _were_out(state: State) -> tuple[str, ...]:
    """Stretches that are over, of all workers together."""
    over = [(one, one.restored - one.at) for one in state.quarantines if one.restored is not None]
    if not over:
        return ()
    workers = ", ".join(dict.fromkeys(visible(one.worker) for one, _ in over))
    again = [name for one, _ in over for name in one.experiments]
    more = f"; measured again: {some(again)}" if again else ""
    times = "once" if len(over) == 1 else f"{len(over)} times"
    took = duration(sum(seconds for _, seconds in over))
    return (f"{workers} was out {times}, {took} in all{more}",)


def _repeated(state: State) -> tuple[str, ...]:
    names = [e.id for e in state.experiments.values() if e.requeued]
    if not names:
        return ()
    return (f"{some(names)} measured again after an interruption",)


def some(names: list[str]) -> str:
    """The first few names."""
    return ", ".join(names[:4]) + (" and more" if len(names) > 4 else "")


def _next(state: State, holder: str) -> str:
    if holder:
        return ""
    waiting = held(state)
    if waiting:
        return f"whet why {waiting[0].id}"
    done = state.stopped is not None and not now_doing(state, state.last, holder)
    return "whet report" if done else command_to_go_on(state)
