"""Listening: a socket of our own first, so that the address is known before anything is said."""

import errno
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import uvicorn

from whet.errors import NotReady, UserError
from whet.web.app import application
from whet.web.door import Door, is_loopback

PORT = 8700
_LEAST = 16
"""Letters of a token that nobody guesses."""

_BACKLOG = 128


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str = "",
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the page of a campaign until somebody stops it.

    Args:
        folder: the campaign's.
        host: what to listen on; anything but this machine needs a token.
        port: None takes the usual one, or another if that is taken; 0 takes any.
        token: what a browser must show.
        told: is told the address once it is there.

    Raises:
        UserError: others could reach the page and need no token, or the token is short.
        NotReady: nothing can listen there.
        LedgerCorrupt: a line of the ledger is not what was written.
    """
    if not token and not is_loopback(host):
        raise UserError(
            f"everyone who reaches {host} could read this campaign",
            hint=f'whet web --host {host} --token "$(openssl rand -hex 16)"',
        )
    if token and len(token) < _LEAST:
        raise UserError(
            f"a token of {len(token)} letters can be guessed; {_LEAST} are the least",
            hint=f'whet web --host {host} --token "$(openssl rand -hex 16)"',
        )
    app = Door(app=application(folder), host=host, token=token)
    with closing(_listen(host, port)) as open_:
        number = open_.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        told(f"http://{shown}:{number}/" + (f"?token={token}" if token else ""))
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            # a stream never ends by itself, and nobody wants to wait for it
            timeout_graceful_shutdown=1,
        )
        uvicorn.Server(config).run(sockets=[open_])


def _listen(host: str, port: int | None) -> socket.socket:
    for number in (PORT, 0) if port is None else (port,):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return socket.create_server((host, number), family=family, backlog=_BACKLOG)
        except OSError as error:
            if port is None and number and error.errno == errno.EADDRINUSE:
                continue
            raise NotReady(
                f"cannot listen on {host} port {number}: {error.strerror or error}",
                hint="whet web --port 0",
            ) from error
    raise AssertionError("unreachable")
