"""Trials on machines that are lent, for the tests of all kinds of them."""

from dataclasses import replace

import anyio

from whet.model.trial import Block


def fixed(target, pairs, name="one"):
    """A block of one trial of the same code."""
    spec = replace(target.spec(name, b=target.same, mode="fixed"), pairs=pairs)
    return Block(trials=(spec,))


def run_on(executor, block, bundle, watch=lambda _: None):
    """The outcomes of a block; the machine is given back."""

    async def go():
        try:
            async with executor.lease("local") as worker:
                return await worker.run(block, bundle, watch)
        finally:
            await executor.close()

    return anyio.run(go)


def kept(clause, executor, target):
    """Hold an executor to a clause of the contract."""

    async def go():
        try:
            await clause(executor, target)
        finally:
            await executor.close()

    anyio.run(go)
