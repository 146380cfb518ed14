"""Machines that workers run on: asked for, had, and given back."""

from dataclasses import dataclass
from typing import Literal

from whet.model.worker import WorkerKind

MachineEnd = Literal["ended", "lost", "noisy", "drained", "cap", "failed"]
"""ended: it stopped itself, or the run is over. lost: it died or was taken away. noisy: it failed
its A/A check. drained: a person gave it back. cap: the money is used up. failed: it could not be
had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineAsked:
    """A machine is about to be launched for a worker: durable before, so that none is forgotten."""

    at: float
    worker: str
    machine: str
    """Its name where it is rented, which no other machine of any campaign has."""
    kind: WorkerKind
    what: str = ""
    """What was asked for, in words."""
    type: Literal["machine.asked"] = "machine.asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReady:
    """A machine can be worked on; from now on it costs."""

    at: float
    worker: str
    machine: str
    where: str = ""
    """Its region, zone or host, for a person."""
    price: float | None = None
    """USD an hour; 0 is free, null is unknown, which is not free."""
    type: Literal["machine.ready"] = "machine.ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineGone:
    """A machine was given back, or was never had; it costs nothing any more."""

    at: float
    worker: str
    machine: str
    reason: MachineEnd
    detail: str = ""
    """Why, in words."""
    type: Literal["machine.gone"] = "machine.gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDrained:
    """A person takes a worker out: its machine is given back when nothing is measured there."""

    at: float
    worker: str
    replace: bool = False
    """Only its machine: the worker gets another one, and goes on."""
    now: bool = False
    """What is measured there is not waited for: it is measured again elsewhere."""
    reason: str = ""
    type: Literal["worker.drained"] = "worker.drained"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerResumed:
    """A person lets a worker that was taken out measure again."""

    at: float
    worker: str
    type: Literal["worker.resumed"] = "worker.resumed"


MachineEvent = MachineAsked | MachineReady | MachineGone | WorkerDrained | WorkerResumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine so far; `ready` and `gone` are None until then."""

    name: str
    worker: str
    kind: WorkerKind
    what: str
    asked: float
    ready: float | None = None
    where: str = ""
    price: float | None = None
    gone: float | None = None
    reason: MachineEnd | Literal[""] = ""
    detail: str = ""
