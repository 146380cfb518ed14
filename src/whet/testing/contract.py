"""What every executor must do, as checks that a plugin's tests can run.

Each entry of `executor_contract` is one clause, by a name that says it. It takes an executor and a
ground (`whet.testing.ground`), and raises `ContractBroken` with a sentence when it does not hold:

    @pytest.mark.parametrize("clause", executor_contract)
    def test_my_executor(clause, tmp_path):
        anyio.run(executor_contract[clause], MyExecutor(), ground(tmp_path))

Workers are given the commits of the ground in a folder; all clauses together run about a hundred
invocations of a few milliseconds. An executor may be used for all of them.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import anyio

from whet.judge.boundaries import boundaries
from whet.judge.sequential import decide
from whet.model.design import Design
from whet.model.trial import Block, Invocation, TrialOutcome, TrialSpec
from whet.ports import Executor, Progress
from whet.testing.ground import METRIC, Ground
from whet.trial import wire

Clause = Callable[[Executor, Ground], Awaitable[None]]

DESIGN: Final = Design(
    metric=METRIC,
    direction="lower",
    min_effect=math.log1p(0.02),
    boundaries=boundaries(alpha=0.005, cap=12),
)
"""How the contract judges: at most 12 pairs."""


class ContractBroken(AssertionError):
    """A clause does not hold; the message says what was seen."""


async def _lends_by_name(executor: Executor, ground: Ground) -> None:
    for _ in range(2):
        async with executor.lease("local") as worker:
            _must(worker.name == "local", f"the worker asked for as local is {worker.name}")
            key = worker.fingerprint.key
            _must(bool(key.strip("|")), "the fingerprint says nothing")
    del ground


async def _answers_the_spec(executor: Executor, ground: Ground) -> None:
    outcome = await _run(executor, ground, _fixed(ground, 4))
    _must(outcome.id == "contract", f"trial `contract` was answered as `{outcome.id}`")
    _must(outcome.fault is None, f"a trial without a fault has {outcome.fault}")
    async with executor.lease("local") as worker:
        same = outcome.fingerprint.key == worker.fingerprint.key
    _must(same, "the outcome comes from another machine than the worker's fingerprint")


async def _takes_the_pairs_asked_for(executor: Executor, ground: Ground) -> None:
    outcome = await _run(executor, ground, _fixed(ground, 6))
    _must(len(outcome.pairs) == 6, f"6 pairs were asked for, {len(outcome.pairs)} came")
    for run in _in_order(outcome):
        _must(set(run.values) == {METRIC, "size"}, f"an invocation has {sorted(run.values)}")
        _must(run.wall > 0, f"an invocation took {run.wall} s")


async def _alternates_in_random_blocks(executor: Executor, ground: Ground) -> None:
    outcome = await _run(executor, ground, _fixed(ground, 6))
    orders = [pair.first for pair in outcome.pairs]
    for block in (orders[0:2], orders[2:4], orders[4:6]):
        _must(set(block) == {"a", "b"}, f"the sides took turns as {' '.join(orders)}")
    at = [run.at for run in _in_order(outcome)]
    _must(at == sorted(at), "invocations are not in the order they ran")


async def _follows_the_seed(executor: Executor, ground: Ground) -> None:
    spec = _fixed(ground, 6)
    seen = set()
    for seed in (1, 1, 2, 3, 4):
        outcome = await _run(executor, ground, replace(spec, seed=seed))
        seen.add((seed, tuple(pair.first for pair in outcome.pairs)))
    _must(len(seen) == 4, "one seed gave two orders")
    _must(len({order for _, order in seen}) > 1, "every seed gives the same order")


async def _keeps_side_a_and_b_apart(executor: Executor, ground: Ground) -> None:
    outcome = await _run(executor, ground, _judged(ground, ground.faster))
    for pair in outcome.pairs:
        ratio = pair.a.values[METRIC] / pair.b.values[METRIC]
        _must(1.05 < ratio < 1.4, f"a change worth 20 % was measured as a ratio of {ratio:.3f}")


async def _stops_when_decided(executor: Executor, ground: Ground) -> None:
    for commit, wanted in ((ground.faster, "accept"), (ground.same, "futile")):
        outcome = await _run(executor, ground, _judged(ground, commit))
        found = decide(DESIGN, outcome.pairs).action
        _must(found == wanted, f"the trial stopped at `{found}` instead of `{wanted}`")
        before = decide(DESIGN, outcome.pairs[:-1]).action
        _must(before == "continue", f"the trial went on after `{before}`")


async def _tells_failures_as_values(executor: Executor, ground: Ground) -> None:
    for stage, fault in (
        ("build", ("build_b", "exit")),
        ("checks", ("checks", "exit")),
        ("output", ("equivalence", "output_differs")),
        ("run", ("warmup", "crash")),
    ):
        outcome = await _run(executor, ground, _judged(ground, ground.broken[stage]))
        ended = outcome.fault
        _must(ended is not None, f"a candidate that fails at {stage} has no fault")
        found = (ended.name, ended.fault) if ended else None
        _must(found == fault, f"a candidate that fails at {stage} ended with {found}")
        _must(outcome.stages[-1] == ended, f"the trial went on after {found}")
        _must(not outcome.pairs, f"a candidate that fails at {stage} was measured")


async def _never_blames_for_the_incumbent(executor: Executor, ground: Ground) -> None:
    for stage in ("build", "run"):
        spec = replace(_judged(ground, ground.faster), a=ground.broken[stage])
        ended = (await _run(executor, ground, spec)).fault
        fault = ended.fault if ended else "none"
        _must(fault == "incumbent", f"an incumbent that fails at {stage} is the fault `{fault}`")


async def _stops_before_measuring(executor: Executor, ground: Ground) -> None:
    spec = ground.spec("contract", b=ground.faster, mode="checks")
    outcome = await _run(executor, ground, spec)
    _must(not outcome.pairs, "a trial of the checks took pairs")
    done = {stage.name for stage in outcome.stages if stage.ok}
    _must({"build_b", "checks"} <= done, f"a trial of the checks did only {sorted(done)}")


async def _says_where_it_is(executor: Executor, ground: Ground) -> None:
    heard: list[Progress] = []
    async with executor.lease("local") as worker:
        spec = _judged(ground, ground.faster)
        block = Block(trials=(spec,))
        (outcome,) = await worker.run(block, ground.store.path, heard.append)
    counts = [told.pairs for told in heard if told.stage == "measure" and told.done is None]
    wanted = list(range(1, len(outcome.pairs) + 1))
    _must(counts == wanted, f"the pairs were counted as {counts}")
    _must(all(told.cap == 12 for told in heard), "the pair limit was not told")
    _must(all(told.trial == spec.id for told in heard), "the trial that moves was not named")
    done = tuple(told.done for told in heard if told.done is not None)
    _must(done == outcome.stages, "the stages told are not those of the outcome")


async def _gives_back_when_cancelled(executor: Executor, ground: Ground) -> None:
    with anyio.CancelScope() as scope:
        async with executor.lease("local") as worker:
            block = Block(trials=(_fixed(ground, 100_000),))
            await worker.run(block, ground.store.path, lambda _: scope.cancel())
    outcome = await _run(executor, ground, _fixed(ground, 2))
    _must(len(outcome.pairs) == 2, "after a cancelled trial, the next one is not complete")


async def _answers_what_can_be_written_down(executor: Executor, ground: Ground) -> None:
    outcome = await _run(executor, ground, _fixed(ground, 2))
    again = wire.decode(TrialOutcome, wire.encode(outcome))
    _must(again == outcome, "the outcome is not the same after a way through JSON")


async def _shares_the_incumbent_in_a_block(executor: Executor, ground: Ground) -> None:
    names = {"fine": ground.faster, "broken": ground.broken["build"], "null": ground.same}
    block = Block(trials=tuple(replace(_judged(ground, b), id=name) for name, b in names.items()))
    outcomes = await _together(executor, ground, block)
    _must([o.id for o in outcomes] == list(names), "the outcomes are not in the trials' order")
    fine, broken, null = outcomes
    _must(broken.fault is not None and not broken.pairs, "what does not build was measured")
    for outcome, wanted in ((fine, "accept"), (null, "futile")):
        found = decide(DESIGN, outcome.pairs).action
        _must(found == wanted, f"{outcome.id} stopped at `{found}` instead of `{wanted}`")
        before = decide(DESIGN, outcome.pairs[:-1]).action
        _must(before == "continue", f"{outcome.id} went on after `{before}`")
    both = sum(one.a == two.a for one, two in zip(fine.pairs, null.pairs, strict=False))
    _must(both == min(len(fine.pairs), len(null.pairs)), "the incumbent ran for each of two")
    shared = fine.shared + null.shared
    _must(shared == both, f"{both} invocations were shared, and {shared} were said to be")


async def _lends_again_after_a_release(executor: Executor, ground: Ground) -> None:
    await executor.release("local", "noisy")
    outcome = await _run(executor, ground, _fixed(ground, 2))
    _must(len(outcome.pairs) == 2, "after its machine was given back, a worker is not lent again")


executor_contract: Final[Mapping[str, Clause]] = MappingProxyType({
    "lends a worker by its name": _lends_by_name,
    "answers the trial it was given": _answers_the_spec,
    "takes the pairs asked for": _takes_the_pairs_asked_for,
    "lets the sides take turns in random blocks": _alternates_in_random_blocks,
    "follows the seed": _follows_the_seed,
    "keeps the sides apart": _keeps_side_a_and_b_apart,
    "stops when the design has decided": _stops_when_decided,
    "tells a candidate's failures as values": _tells_failures_as_values,
    "never blames a candidate for the incumbent": _never_blames_for_the_incumbent,
    "stops before measuring when asked": _stops_before_measuring,
    "says where it is": _says_where_it_is,
    "gives the worker back when cancelled": _gives_back_when_cancelled,
    "answers what can be written down": _answers_what_can_be_written_down,
    "shares the incumbent in a block": _shares_the_incumbent_in_a_block,
    "lends again after a release": _lends_again_after_a_release,
})  # fmt: skip
"""Clauses by what they ask."""


async def _run(executor: Executor, ground: Ground, spec: TrialSpec) -> TrialOutcome:
    (outcome,) = await _together(executor, ground, Block(trials=(spec,)))
    return outcome


async def _together(executor: Executor, ground: Ground, block: Block) -> tuple[TrialOutcome, ...]:
    async with executor.lease("local") as worker:
        return await worker.run(block, ground.store.path, lambda _: None)


def _judged(ground: Ground, commit: str) -> TrialSpec:
    return replace(ground.spec("contract", b=commit), design=DESIGN)


def _fixed(ground: Ground, pairs: int) -> TrialSpec:
    return replace(ground.spec("contract", b=ground.same, mode="fixed"), pairs=pairs)


def _in_order(outcome: TrialOutcome) -> list[Invocation]:
    return [
        run
        for pair in outcome.pairs
        for run in ((pair.a, pair.b) if pair.first == "a" else (pair.b, pair.a))
    ]


def _must(holds: bool, sentence: str) -> None:
    if not holds:
        raise ContractBroken(sentence)
