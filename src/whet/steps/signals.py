"""SIGINT and SIGTERM while there is something that must not be cut off."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_HEARD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told(take: Callable[[int], None]) -> Iterator[None]:
    """Tell `take` of every signal until the end, and leave them to whoever had them before.

    It is called between two turns of the event loop; nothing is raised anywhere.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _HEARD}
    for number in _HEARD:
        loop.add_signal_handler(number, take, number)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
