"""The machines of a campaign in rows: whose, what, for how long, and what each cost. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from whet.model.machine import Machine
from whet.model.trial import Fingerprint
from whet.plan import machines
from whet.plan.state import State
from whet.report.figures import duration, plural
from whet.report.machines import ended, price


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One machine; texts from elsewhere are not yet escaped."""

    worker: str
    what: str
    price: str
    time: str
    cost: str
    ended: str


def rows(state: State, now: float | None = None) -> tuple[Row, ...]:
    """Machines that were there already first, then every one that was asked for.

    Args:
        state: the campaign.
        now: seconds since the epoch, until when machines that are up cost; None is the last event.
    """
    return (*_owned(state), *(_rented(state, one, now) for one in state.machines.values()))


def _owned(state: State) -> Iterator[Row]:
    for worker, found in state.calibrations.items():
        if worker not in state.machine_of:
            yield Row(worker=worker, what=_what(found.fingerprint), price="yours", time="",
                      cost="$0", ended="")  # fmt: skip


def _rented(state: State, one: Machine, now: float | None) -> Row:
    at = state.last if now is None else now
    dollars = machines.cost(one, at)
    had = ""
    if one.ready is not None:
        had = duration(max(0.0, (one.gone if one.gone is not None else at) - one.ready))
    what = ", ".join(part for part in (one.what or one.kind, one.where) if part)
    return Row(
        worker=one.worker, what=what,
        price=price(one.price) if one.ready is not None else "", time=had,
        cost="unknown" if dollars is None else f"${dollars:.2f}",
        ended=ended(one),
    )  # fmt: skip


def _what(seen: Fingerprint) -> str:
    return f"{seen.cpu}, {plural(seen.cores, 'core')}"
