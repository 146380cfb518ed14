"""An HTTP server on this machine that answers as told, also badly, and notes what it hears."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Heard:
    path: str
    headers: Mapping[str, str]


@dataclass
class Says:
    """One answer; `trickle` sends it byte by byte until the other side is tired of it."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    trickle: bool = False
    cut: bool = False
    """Promises more than it sends."""


@dataclass
class Server:
    url: str
    says: Callable[[Heard], Says]
    heard: list[Heard] = field(default_factory=list)
    bodies: int = 0
    """Answers that had one."""
    done: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(says: Callable[[Heard], Says] | Says) -> Iterator[Server]:
    """Serve until the block ends."""
    answer = says if callable(says) else lambda _: says

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            heard = Heard(self.path, {name.lower(): value for name, value in self.headers.items()})
            server.heard.append(heard)
            said = server.says(heard)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            promised = len(said.body) + (100 if said.cut else 0)
            self.send_header("Content-Length", str(promised))
            self.send_header("Connection", "close")
            self.end_headers()
            server.bodies += bool(said.body)
            if said.trickle:
                self.trickle(said.body)
            else:
                self.wfile.write(said.body)

        def trickle(self, body):
            for byte in body:
                if server.done.wait(0.02):
                    return
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                except OSError:
                    return

        def log_message(self, *_):
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    server = Server(url=f"http://127.0.0.1:{web.server_address[1]}", says=answer)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.done.set()
        web.shutdown()
        thread.join()
        web.server_close()


class HandClock:
    """A clock that stands still until somebody pauses."""

    def __init__(self, at: float = 1_800_000_000.0) -> None:
        self.at = at
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds
