"""Workers of several kinds behind one executor: each name goes to whoever has its machine."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from whet.errors import WhetError
from whet.model.machine import MachineEnd
from whet.ports import Executor, Worker


@dataclass(frozen=True)
class Routing:
    """Sends every worker to the executor of its kind; names that nobody knows go to `other`."""

    routes: Mapping[str, Executor]
    other: Executor

    def lease(self, name: str) -> AbstractAsyncContextManager[Worker]:
        """Lend a worker."""
        return self._of(name).lease(name)

    async def release(self, name: str, reason: MachineEnd) -> None:
        """Give a worker's machine back for good."""
        await self._of(name).release(name, reason)

    async def close(self) -> tuple[str, ...]:
        """Give everything back, of every kind, also when one of them fails at it."""
        stopped: list[str] = []
        failed: WhetError | None = None
        for executor in {id(one): one for one in (*self.routes.values(), self.other)}.values():
            try:
                stopped += await executor.close()
            except WhetError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return tuple(stopped)

    def _of(self, name: str) -> Executor:
        return self.routes.get(name, self.other)
