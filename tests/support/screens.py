"""`whet watch` on a terminal that is no terminal: keys go in, rows come out."""

import asyncio
from collections.abc import Callable

ROUNDS = 100
"""Rounds of messages after which a screen shows what it will show."""


def rows(screen) -> list[str]:
    """What the terminal shows now."""
    return [strip.text for strip in screen.screen._compositor.render_strips()]


async def settled(pilot, screen, fit: Callable[[str], bool]) -> list[str]:
    """The rows once they are as they should be, or after many rounds as they are.

    A key goes through several queues until it has changed a table, and one pause of textual waits
    for the first of them and for an idle processor: under load that is too early.
    """
    for _ in range(ROUNDS):
        if fit("\n".join(rows(screen))):
            break
        await pilot.pause()
    return rows(screen)


def on_screen(root, size, *keys, fit: Callable[[str], bool] = lambda _: True) -> list[str]:
    """What a terminal of this size shows after these keys, once it fits."""
    from whet.api.watching import Watched
    from whet.cli.screen import Screen

    async def shown() -> list[str]:
        screen = Screen(Watched(root))
        async with screen.run_test(size=size) as pilot:
            await pilot.press(*keys)
            screen._tick()
            await pilot.pause()
            return await settled(pilot, screen, fit)

    return asyncio.run(shown())
