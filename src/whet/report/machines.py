"""What is said about workers and their machines: asked for, had, calibrated, given back."""

from collections.abc import Callable, Mapping
from typing import Any

from whet.model import event as happened
from whet.model import machine
from whet.model.guarding import GuardMeasured
from whet.model.machine import MachineEnd
from whet.plan.state import State
from whet.report.escape import visible
from whet.report.figures import change, duration, estimate, percent, share
from whet.report.span import Style

Pairs = tuple[tuple[str, str], ...]
Told = tuple[str, str, Style]

_ENDS: Mapping[MachineEnd, str] = {
    "ended": "given back",
    "lost": "lost",
    "noisy": "too noisy, given back",
    "drained": "given back by hand",
    "cap": "given back: the budget is used up",
    "failed": "could not be had",
}


def price(dollars: float | None) -> str:
    """What an hour costs: "$0.34 an hour", "free"; what nobody knows is said to be unknown."""
    if dollars is None:
        return "price unknown"
    return f"${dollars:.2f} an hour" if dollars else "free"


def ended(one: machine.Machine) -> str:
    """How a machine ended; empty while it is up. What its vendor said is not yet escaped."""
    if not one.reason:
        return ""
    return f"{_ENDS[one.reason]}: {one.detail}" if one.detail else _ENDS[one.reason]


def _asked(_: State, event: machine.MachineAsked) -> Told:
    what = f": {visible(event.what)}" if event.what else ""
    return visible(event.worker), f"asks for {visible(event.machine)}{what}", "dim"


def _ready(state: State, event: machine.MachineReady) -> Told:
    took = duration(event.at - state.machines[event.machine].asked)
    where = f" in {visible(event.where)}" if event.where else ""
    return visible(event.worker), f"has its machine{where} after {took}, {price(event.price)}", ""


def _gone(state: State, event: machine.MachineGone) -> Told:
    ready = state.machines[event.machine].ready
    after = f" after {duration(event.at - ready)}" if ready is not None else ""
    why = f": {visible(event.detail)}" if event.detail else ""
    style: Style = "dim" if event.reason in ("ended", "drained") else "warn"
    return visible(event.worker), f"machine {_ENDS[event.reason]}{after}{why}", style


def _drained(_: State, event: machine.WorkerDrained) -> Told:
    what = "is to have another machine" if event.replace else "is taken out by hand"
    when = "" if event.now else ", when nothing is measured there any more"
    why = f": {visible(event.reason)}" if event.reason else ""
    return visible(event.worker), f"{what}{when}{why}", "warn"


def _plain_calibrated(_: State, event: happened.WorkerCalibrated) -> Pairs:
    return (
        ("worker", event.worker),
        ("noise", share(round(event.noise.sd_pair, 4))),
        ("detectable", percent(event.noise.detectable)),
        ("pairs", str(event.noise.pairs)),
    )


def _plain_quarantined(_: State, event: happened.WorkerQuarantined) -> Pairs:
    return (
        ("worker", event.worker),
        ("quarantined", "yes"),
        ("reason", event.reason),
        ("again", ",".join(event.experiments)),
    )


def _told_calibrated(_: State, event: happened.WorkerCalibrated) -> Told:
    noise = event.noise
    said = f"pairs of the same code spread by {100 * noise.sd_pair:.1f}%, so "
    return visible(event.worker), f"{said}{percent(noise.detectable)} can be seen", ""


def _told_quarantined(_: State, event: happened.WorkerQuarantined) -> Told:
    again = f"; {', '.join(event.experiments)} measured again" if event.experiments else ""
    return visible(event.worker), f"taken out: {visible(event.reason)}{again}", "bad"


def _told_restored(state: State, event: happened.WorkerRestored) -> Told:
    stretch = next(q for q in reversed(state.quarantines) if q.worker == event.worker)
    return visible(event.worker), f"back after {duration(event.at - stretch.at)}", "good"


def _told_guard(_: State, event: GuardMeasured) -> Told:
    number = f"{change(event.effect)}" if event.effect is not None else ""
    said = "; ".join(part for part in (number, visible(event.detail)) if part)
    style: Style = "" if event.holds else "bad"
    return event.experiment or "stack", f"on {visible(event.worker)}: {said}", style


def _plain_guard(_: State, event: GuardMeasured) -> Pairs:
    return (
        ("exp", event.experiment or "stack"),
        ("guard", event.worker),
        ("effect", estimate(event.effect) if event.effect is not None else "none"),
        ("holds", "yes" if event.holds else "no"),
        ("reason", event.detail),
    )


TOLD: Mapping[type, Callable[[State, Any], Told]] = {
    machine.MachineAsked: _asked,
    machine.MachineReady: _ready,
    machine.MachineGone: _gone,
    machine.WorkerDrained: _drained,
    machine.WorkerResumed: lambda _, e: (visible(e.worker), "measures again", ""),
    happened.WorkerCalibrated: _told_calibrated,
    happened.WorkerQuarantined: _told_quarantined,
    happened.WorkerRestored: _told_restored,
    GuardMeasured: _told_guard,
}
"""Lines for people, as in `whet.report.log`."""

PLAIN: Mapping[type, Callable[[State, Any], Pairs]] = {
    machine.MachineAsked: lambda _, e: (
        ("worker", e.worker),
        ("machine", e.machine),
        ("asked", e.what or e.kind),
    ),
    machine.MachineReady: lambda _, e: (
        ("worker", e.worker),
        ("machine", e.machine),
        ("where", e.where),
        ("usd_per_hour", "unknown" if e.price is None else f"{e.price:.4g}"),
    ),
    machine.MachineGone: lambda _, e: (
        ("worker", e.worker),
        ("machine", e.machine),
        ("gone", e.reason),
        ("reason", e.detail),
    ),
    machine.WorkerDrained: lambda _, e: (
        ("worker", e.worker),
        ("drained", "replace" if e.replace else "yes"),
        ("now", "yes" if e.now else "no"),
        ("reason", e.reason),
    ),
    machine.WorkerResumed: lambda _, e: (("worker", e.worker), ("resumed", "yes")),
    happened.WorkerCalibrated: _plain_calibrated,
    happened.WorkerQuarantined: _plain_quarantined,
    happened.WorkerRestored: lambda _, e: (("worker", e.worker), ("restored", "yes")),
    GuardMeasured: _plain_guard,
}
"""Pairs for a log file, as in `whet.report.log`."""
