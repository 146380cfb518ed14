"""Which machines there are: each is in the ledger before it is launched, and until it is gone."""

from whet.model.machine import Machine, MachineAsked, MachineEnd, MachineGone, MachineReady
from whet.model.worker import WorkerConfig
from whet.ports import Terms


class Register:
    """Tells what becomes of the machines of one executor."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._left = {one.name: one for one in terms.up}

    def config(self, worker: str) -> WorkerConfig:
        """What whet.toml says of a worker."""
        return next(one for one in self.terms.workers if one.name == worker)

    def earlier(self, worker: str) -> Machine | None:
        """A machine that an earlier process left for this worker; told of once."""
        for one in self._left.values():
            if one.worker == worker:
                del self._left[one.name]
                return one
        return None

    def keep(self, machine: Machine) -> None:
        """A machine of an earlier process could not be looked at, or not be ended: it is left."""
        self._left[machine.name] = machine

    def left(self) -> tuple[Machine, ...]:
        """Those that nobody has asked for yet."""
        found = tuple(self._left.values())
        self._left.clear()
        return found

    def asked(self, worker: str, machine: str, what: str) -> None:
        """A machine is about to be launched."""
        kind = self.config(worker).kind
        self.terms.tell(
            MachineAsked(at=self._now, worker=worker, machine=machine, kind=kind, what=what)
        )

    def ready(self, worker: str, machine: str, where: str, price: float | None) -> None:
        """A machine can be worked on; what whet.toml says of its price goes first."""
        said = self.config(worker).price
        self.terms.tell(
            MachineReady(
                at=self._now, worker=worker, machine=machine, where=where,
                price=price if said is None else said,
            )
        )  # fmt: skip

    def gone(self, worker: str, machine: str, reason: MachineEnd, detail: str = "") -> None:
        """A machine is not there any more, or never was."""
        self.terms.tell(
            MachineGone(at=self._now, worker=worker, machine=machine, reason=reason, detail=detail)
        )

    def orphan(self, machine: str) -> None:
        """A machine that nobody knew was found by its name, and is gone; it is told under that."""
        at = self._now
        self.terms.tell(MachineAsked(at=at, worker=machine, machine=machine, kind="sky"))
        self.terms.tell(MachineGone(
            at=at, worker=machine, machine=machine, reason="ended", detail="an orphan, found up",
        ))  # fmt: skip

    @property
    def _now(self) -> float:
        return self.terms.clock.now()
