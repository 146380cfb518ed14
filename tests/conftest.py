"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Hear Ctrl-C, and let what tests start hear it: the background of a shell begins deaf."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
