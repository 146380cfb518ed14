"""The parts of the page, each rendered apart: a server sends again only those that changed."""

from collections.abc import Callable, Mapping
from typing import Final

from whet.page.cost import cost
from whet.page.effects import effects
from whet.page.environment import environment
from whet.page.flow import flow
from whet.page.foreseen import foreseen
from whet.page.handed import handed
from whet.page.hero import hero
from whet.page.limits import both, limits
from whet.page.lineage import lineage, sources, uncited
from whet.page.noise import noise
from whet.page.now import now
from whet.page.paid import paid_rows
from whet.page.roofline import roofline
from whet.page.seen import Seen
from whet.page.waterfall import waterfall
from whet.report import charts, fleet, method, rented, story, sums
from whet.report import limits as bounds
from whet.report.figures import plural, typeset
from whet.report.status import attention
from whet.report.svg import Svg
from whet.report.words import WORDS

Values = Mapping[str, object]
Make = Callable[[Seen], Values]


def sections(seen: Seen) -> dict[str, str]:
    """Every part of the page by the id of the element it fills; empty where it has nothing."""
    return {name: _rendered(name, values) for name, values in _values(seen).items()}


def moving(seen: Seen) -> dict[str, str]:
    """The parts that change while pairs are taken and nothing is recorded."""
    return {name: _rendered(name, make(seen)) for name, make in _MOVING.items()}


def _values(seen: Seen) -> dict[str, Values]:
    made = {**_MOVING, **_SETTLED}
    return {name: make(seen) for name, make in made.items()}


def _rendered(name: str, values: Values) -> str:
    return environment().get_template(f"{name}.html.j2").render(values).strip()


def _pill(seen: Seen) -> Values:
    return {"n": now(seen)}


def _now(seen: Seen) -> Values:
    return {"n": now(seen)}


def _attention(seen: Seen) -> Values:
    return {"fault": seen.fault, "said": [typeset(said) for said in attention(seen.state)]}


def _hero(seen: Seen) -> Values:
    return {"h": hero(seen)}


def _progress(seen: Seen) -> Values:
    state = seen.state
    legend = [(kind, word.title) for kind, word in WORDS.items() if state.count(kind)]
    chart = Svg(charts.progress(state, "page")) if state.experiments else None
    queue = () if state.experiments else now(seen).queue
    return {
        "chart": chart, "legend": legend, "measured": bool(state.measured), "queue": queue,
    }  # fmt: skip


def _effects(seen: Seen) -> Values:
    return {"e": effects(seen.state), "false_keeps": typeset(sums.false_keeps(seen.state))}


def _stack(seen: Seen) -> Values:
    chart = waterfall(seen.state)
    return {"chart": chart, "sum": typeset(sums.together(seen.state))}


def _limits(seen: Seen) -> Values:
    found = bounds.rows(seen.state)
    return {
        "chart": limits(seen.state), "roofline": roofline(seen.state), "both": both(found),
        "looked": bounds.looked(seen.state),
    }  # fmt: skip


def _foreseen(seen: Seen) -> Values:
    chart = foreseen(seen.state)
    return {"chart": chart, "said": sums.foreseen(seen.state)}


def _evidence(seen: Seen) -> Values:
    state = seen.state
    return {
        "flow": flow(state), "paid": paid_rows(state), "links": lineage(state),
        "branched": handed(state), "cited": sources(state), "uncited": uncited(state),
    }  # fmt: skip


def _noise(seen: Seen) -> Values:
    state = seen.state
    limit = 100 * story.config_of(state).measure.max_noise
    return {
        "chart": noise(seen),
        "limit": f"{limit:.3g}%",
        "controls": method.controls(state),
    }


def _cost(seen: Seen) -> Values:
    state = seen.state
    now = seen.now if seen.holder else None
    return {
        "c": cost(state), "machines": rented.rows(state, now) if state.experiments else (),
        "money": typeset(fleet.money(state, now)),
    }  # fmt: skip


def _chips(seen: Seen) -> Values:
    state = seen.state
    counted = [(kind, word.title, state.count(kind)) for kind, word in WORDS.items()]
    under = [e.status for e in state.experiments.values() if e.verdict is None]
    open_ = [(s, s.capitalize(), under.count(s)) for s in ("running", "waiting", "measured")]
    shown = [row for row in (*counted, *open_) if row[2]]
    return {"total": len(state.experiments), "chips": shown}


def _untried(seen: Seen) -> Values:
    state = seen.state
    known = {n: why for n, why in state.dropped.items() if n in state.ideas}
    known |= {n: r.reason for n, r in state.ruled_out.items() if n in state.ideas}
    dropped = [(state.ideas[name], why) for name, why in known.items()]
    return {"dropped": dropped, "about": plural(len(dropped), "idea")}


def _reproduce(seen: Seen) -> Values:
    state = seen.state
    return {
        "with_whet": method.with_whet(state),
        "without_whet": method.without_whet(state),
        "machines": method.machines(state),
        "events": state.events,
        "head": seen.head,
        "method": method.method(state),
    }


_MOVING: Final[Mapping[str, Make]] = {"pill": _pill, "now": _now}
_SETTLED: Final[Mapping[str, Make]] = {
    "attention": _attention,
    "hero": _hero,
    "progress": _progress,
    "effects": _effects,
    "stack": _stack,
    "limits": _limits,
    "foreseen": _foreseen,
    "evidence": _evidence,
    "noise": _noise,
    "cost": _cost,
    "chips": _chips,
    "untried": _untried,
    "reproduce": _reproduce,
}
