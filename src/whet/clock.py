"""Time, from the only place that looks at it."""

import time


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait; can be cancelled."""
        import anyio  # noqa: PLC0415 (most commands wait for nothing)

        await anyio.sleep(seconds)
