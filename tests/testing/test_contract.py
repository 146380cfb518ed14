"""Both executors keep the contract that plugins are held to, and the contract can be broken."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import anyio
import pytest

from whet.executors.local import LocalExecutor
from whet.model.config import Integrity
from whet.model.trial import Block, Stage
from whet.testing.contract import ContractBroken, executor_contract
from whet.testing.executor import SimulatedExecutor
from whet.testing.ground import ground


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """One executor for all clauses, so that builds are used again as they are in a campaign."""
    folder = tmp_path_factory.mktemp("local")
    return LocalExecutor(folder / "cache", folder, Integrity(sandbox="none"))


@pytest.mark.parametrize("clause", executor_contract)
def test_a_simulated_executor_keeps_the_contract(clause, target):
    executor = SimulatedExecutor(seed=3)
    anyio.run(executor_contract[clause], executor, target)
    assert executor.held == []


@pytest.mark.parametrize("clause", executor_contract)
def test_this_machine_keeps_the_contract(clause, target, local):
    anyio.run(executor_contract[clause], local, target)


@dataclass
class Meddler:
    """A worker that changes every spec it is given or every outcome it gives."""

    inner: object
    before: object
    after: object

    @property
    def name(self):
        return self.inner.name

    @property
    def fingerprint(self):
        return self.inner.fingerprint

    async def run(self, block, bundle, watch):
        block = Block(trials=tuple(self.before(spec) for spec in block.trials))
        return tuple(self.after(one) for one in await self.inner.run(block, bundle, watch))


class Meddling:
    def __init__(self, *, before=lambda spec: spec, after=lambda outcome: outcome):
        self.inner, self.before, self.after = SimulatedExecutor(seed=3), before, after

    @asynccontextmanager
    async def lease(self, name):
        async with self.inner.lease(name) as worker:
            yield Meddler(worker, self.before, self.after)

    async def release(self, name, reason):
        await self.inner.release(name, reason)

    async def close(self):
        return await self.inner.close()


def without_last_pair(outcome):
    return replace(outcome, pairs=outcome.pairs[:-1])


def sides_swapped(outcome):
    return replace(outcome, pairs=tuple(replace(p, a=p.b, b=p.a) for p in outcome.pairs))


def a_always_first(outcome):
    return replace(outcome, pairs=tuple(replace(p, first="a") for p in outcome.pairs))


def unaware_of_failures(outcome):
    return replace(outcome, stages=tuple(stage for stage in outcome.stages if stage.ok))


def blaming_the_candidate(outcome):
    stages = [replace(s, fault="exit") if not s.ok else s for s in outcome.stages]
    return replace(outcome, stages=tuple(stages))


def one_stage_more(outcome):
    return replace(outcome, stages=(*outcome.stages, Stage(name="fresh", ok=True, seconds=0)))


@pytest.mark.parametrize(
    ("clause", "meddling"),
    [
        ("answers the trial it was given", Meddling(after=lambda o: replace(o, id="other"))),
        ("takes the pairs asked for", Meddling(after=without_last_pair)),
        ("lets the sides take turns in random blocks", Meddling(after=a_always_first)),
        ("follows the seed", Meddling(before=lambda spec: replace(spec, seed=0))),
        ("keeps the sides apart", Meddling(after=sides_swapped)),
        ("stops when the design has decided", Meddling(after=without_last_pair)),
        ("tells a candidate's failures as values", Meddling(after=unaware_of_failures)),
        ("never blames a candidate for the incumbent", Meddling(after=blaming_the_candidate)),
        ("stops before measuring when asked", Meddling(
            before=lambda spec: replace(spec, mode="fixed", pairs=2))),
        ("says where it is", Meddling(after=one_stage_more)),
        ("gives the worker back when cancelled", Meddling(after=without_last_pair)),
        ("answers what can be written down", Meddling(after=lambda o: replace(o, pairs=[]))),
        ("shares the incumbent in a block", Meddling(after=lambda o: replace(o, shared=0))),
    ],
)  # fmt: skip
def test_an_executor_that_breaks_a_clause_is_found(clause, meddling, target):
    with pytest.raises(ContractBroken):
        anyio.run(executor_contract[clause], meddling, target)
