"""What a fleet amounts to: where each change helps, what machines took, and who took turns."""

from whet.model.guarding import GuardMeasured
from whet.model.worker import cores, expanded, measuring
from whet.plan import machines, spending
from whet.plan.guarding import STACK, guards
from whet.plan.state import State
from whet.report.escape import visible
from whet.report.figures import change, moment, plural
from whet.report.jsonable import Document, jsonable
from whet.report.machines import price
from whet.report.story import config_of, title


def money(state: State, now: float | None = None) -> str:
    """What machines and agents took together; empty where no machine was rented."""
    if not state.machines:
        return ""
    known, rented = machines.known_cost(state, now), machines.total_cost(state, now)
    agents = spending.spent(state.runs)
    up = [one for one in machines.up(state) if one.ready is not None]
    hour = price(None if any(one.price is None for one in up) else machines.rate(state))
    parts = [f"{plural(len(up), 'machine')} up, {hour}"] if up else []
    parts.append(f"${known:.2f} of machines" if rented is not None
                 else f"more than ${known:.2f} of machines: a price is unknown")  # fmt: skip
    if agents.calls:
        parts.append("agents' price unknown" if agents.money is None
                     else f"${agents.money:.2f} of agents")  # fmt: skip
    budget = config_of(state).run.budget
    parts += [f"${budget:g} at most"] if budget else []
    each = per_keep(state, now)
    parts += [f"${each:.2f} for each kept change"] if each is not None else []
    return ", ".join(parts)


def per_keep(state: State, now: float | None = None) -> float | None:
    """USD for each kept change; None where nothing was kept, or a price is unknown."""
    rented, agents = machines.total_cost(state, now), spending.spent(state.runs)
    if not state.kept or rented is None or (agents.calls and agents.money is None):
        return None
    return (rented + (agents.money or 0.0)) / len(state.kept)


def money_document(state: State, now: float | None = None) -> Document:
    """The same for JSON: USD, null where a price is unknown."""
    agents = spending.spent(state.runs)
    return {
        "machines": machines.total_cost(state, now),
        "agents": agents.money if agents.calls else 0.0,
        "per_kept_change": per_keep(state, now),
        "budget": config_of(state).run.budget or None,
        "machines_per_hour": machines.rate(state),
    }


def document(state: State) -> Document:
    """Machines, and what guard machines measured."""
    return {"machines": _machines(state), "guard_measurements": _guards(state)}


def _machines(state: State) -> list[Document]:
    """Every machine that was asked for."""
    return [
        {
            "machine": one.name,
            "worker": one.worker,
            "kind": one.kind,
            "what": one.what or None,
            "where": one.where or None,
            "usd_per_hour": one.price,
            "asked_at": moment(one.asked),
            "ready_at": moment(one.ready) if one.ready is not None else None,
            "gone_at": moment(one.gone) if one.gone is not None else None,
            "reason": one.reason or None,
            "detail": one.detail or None,
            "usd": machines.cost(one, state.last),
        }
        for one in state.machines.values()
    ]


def _guards(state: State) -> list[Document]:
    """What guard machines measured, with every sample."""
    return [
        {
            "worker": seen.worker,
            "experiment": seen.experiment or None,
            "against": seen.a,
            "commit": seen.b,
            "effect": jsonable(seen.effect),
            "guards": [jsonable(one) for one in seen.guards],
            "holds": seen.holds,
            "detail": seen.detail or None,
            "at": moment(seen.at),
            "outcome": jsonable(seen.outcome),
        }
        for seen in state.guarded.values()
    ]


def helps(state: State) -> tuple[tuple[str, ...], ...]:
    """Where each kept change helps: a row for the machines, then one for each change."""
    asked = dict.fromkeys(worker for _, worker in state.guarded)
    if not asked:
        return ()
    rows = [("", "where it was judged", *map(visible, asked))]
    for name in dict.fromkeys(name for name, _ in state.guarded if name != STACK):
        one = state.experiments[name]
        effect = one.verdict.effect if one.verdict is not None else None
        judged = change(effect) if effect is not None else "-"
        said = [_there(state.guarded.get((name, worker))) for worker in asked]
        rows.append((f"{name} {visible(title(state, one))}", judged, *said))
    if any(name == STACK for name, _ in state.guarded):
        stack = state.measured[-1].effect if state.measured else None
        judged = change(stack) if stack is not None else "-"
        said = [_there(state.guarded.get((STACK, worker))) for worker in asked]
        rows.append(("all together", judged, *said))
    return tuple(rows)


def _there(seen: GuardMeasured | None) -> str:
    if seen is None:
        return "not measured"
    number = change(seen.effect) if seen.effect is not None else ""
    return "; ".join(part for part in (number, visible(seen.detail)) if part)


def guarded(state: State) -> str:
    """What guard machines say in one line: "arm: 3 of 4 hold"; empty where there is none."""
    said = []
    for one in guards(config_of(state)):
        seen = [found for (name, worker), found in state.guarded.items()
                if worker == one.name and name != STACK]  # fmt: skip
        if seen:
            hold = sum(found.holds for found in seen)
            said.append(f"{visible(one.name)}: {hold} of {plural(len(seen), 'change')} hold")
    return ", ".join(said)


def beside(state: State) -> str:
    """Whether agents work while it is measured, and where; empty where no agent does."""
    config = config_of(state)
    local = [one for one in measuring(config.workers) if one.kind == "local"]
    if config.agent.kind == "none":
        return ""
    if config.agent.beside == "never":
        return "agents and measuring take turns"
    if not local:
        return "agents work while it is measured elsewhere"
    if not all(one.cpus for one in local):
        return "agents and measuring take turns here"
    taken = frozenset[int]().union(*(cores(one.cpus) for one in local))
    found = state.calibrations.get(local[0].name)
    if found is not None and found.fingerprint.cores <= len(taken):
        return "agents and measuring take turns here: no core is left"
    return f"agents work on other cores than {', '.join(one.cpus for one in local)}"


def out_of_reach(state: State) -> tuple[str, ...]:
    """Workers that no machine can be had for, and what was said last; those taken out by hand."""
    told = []
    for one in expanded(config_of(state).workers):
        if one.name in state.drained and not state.drained[one.name].replace:
            told.append(f"{visible(one.name)} is drained; whet workers resume {visible(one.name)}")
        if machines.given_up(state, one.name):
            gone = [m for m in state.machines.values() if m.worker == one.name and m.detail]
            why = f": {visible(gone[-1].detail)}" if gone else ""
            after = f"after {machines.ATTEMPTS} machines that came to nothing"
            told.append(f"{visible(one.name)} is given up {after}{why}")
    return tuple(told)
