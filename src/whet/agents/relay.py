"""The one way from an agent's jail to its model: it holds the key, counts, and stops at the limits.

The agent has a token instead of the key; the key takes its place in every request. Nothing but the
service is reached, whatever path is asked for, and no redirection is followed.
"""

import contextlib
import gzip
import http.client
import json
import os
import secrets
import socket
import socketserver
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from whet.agents.metering import Meter, usage_of

_VERSION_PARTS = ("v1", "v1beta", "v1alpha", "v2")
_OURS = frozenset({
    "host", "connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "content-length", "accept-encoding", "authorization",
    "x-api-key", "x-goog-api-key", "api-key", "cookie", "expect",
})  # fmt: skip
_NOT_BACK = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade",
                       "set-cookie", "content-encoding"})  # fmt: skip
_KEPT = 8 * 1024 * 1024
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where a model is: `url` with its version, as in `https://api.openai.com/v1`."""

    url: str
    key: str = field(default="", repr=False)
    timeout: float = 600.0

    @property
    def parts(self) -> SplitResult:
        """The URL in parts."""
        return urlsplit(self.url)

    def connect(self) -> http.client.HTTPConnection:
        """A connection, through the proxy that the environment names."""
        parts = self.parts
        host, port = parts.hostname or "", parts.port
        proxy = "" if urllib.request.proxy_bypass(host) else _proxy(parts.scheme)
        if not proxy:
            return _connection(parts.scheme, host, port, self.timeout)
        via = urlsplit(proxy)
        found = _connection(parts.scheme, via.hostname or "", via.port, self.timeout)
        found.set_tunnel(host, port or (443 if parts.scheme == "https" else 80))
        return found

    def path(self, asked: str) -> str:
        """The path of the service for a path that the agent asked for."""
        path, _, query = asked.partition("?")
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        if parts and parts[0] in _VERSION_PARTS:
            parts = parts[1:]
        kept = "&".join(part for part in query.split("&") if part and not part.startswith("key="))
        whole = "/".join((self.parts.path.rstrip("/"), *parts))
        return whole + (f"?{kept}" if kept else "")


def _connection(
    scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _proxy(scheme: str) -> str:
    return urllib.request.getproxies().get(scheme, "")


class Relay:
    """Answers one agent. `token` is what the agent takes for its key."""

    def __init__(self, service: Service, meter: Meter) -> None:
        self.service, self.meter = service, meter
        self.token = f"whet-{secrets.token_urlsafe(24)}"
        self.calls = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()
        self._guard = threading.Lock()

    @contextmanager
    def on_socket(self, path: Path) -> Iterator["Relay"]:
        """Listen on a Unix socket; the path may be longer than the kernel takes."""
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            with self._serving(_OnSocket(f"/proc/self/fd/{folder}/{path.name}", _Handler)):
                path.chmod(0o600)
                yield self
        finally:
            os.close(folder)
            path.unlink(missing_ok=True)

    @contextmanager
    def on_port(self) -> Iterator[int]:
        """Listen on a port of loopback that nobody else has."""
        server = _OnPort(("127.0.0.1", 0), _Handler)
        with self._serving(server):
            yield int(server.server_address[1])

    @contextmanager
    def _serving(self, server: "_OnSocket | _OnPort") -> Iterator[None]:
        server.relay = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            self._hang_up()

    def _hang_up(self) -> None:
        """End calls that are under way: the agent is gone, and each of them costs money."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError, AttributeError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        """A connection to the service."""
        found = self.service.connect()
        with self._guard:
            self._open.add(found)
        try:
            yield found
        finally:
            with self._guard:
                self._open.discard(found)
            found.close()


class _Quiet(socketserver.ThreadingMixIn):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """An agent that hangs up is no news."""


class _OnSocket(_Quiet, socketserver.UnixStreamServer):
    block_on_close = False
    relay: Relay


class _OnPort(_Quiet, socketserver.TCPServer):
    block_on_close = False
    request_queue_size = 64
    relay: Relay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _relay(self) -> Relay:
        found = self.server.relay  # type: ignore[attr-defined]
        assert isinstance(found, Relay)
        return found

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on standard error."""

    def address_string(self) -> str:
        """Nobody's: a Unix socket has no address."""
        return ""

    def do_HEAD(self) -> None:
        self._plain(200, b"")

    def do_GET(self) -> None:
        self._forward(b"")

    def do_POST(self) -> None:
        try:
            body = self._body()
        except (OSError, ValueError):
            self._refuse(400, "the request's body cannot be read")
            return
        self._forward(body)

    def _forward(self, body: bytes) -> None:
        relay = self._relay
        if relay.token not in self._token():
            self._refuse(401, "this relay serves one agent, and its token is another one")
            return
        asks = self.command == "POST" and "count" not in self.path.lower()
        if asks and relay.meter.over:
            self._refuse(402, f"the budget of this run is used up: {relay.meter.over}")
            return
        try:
            with relay.connection() as connection:
                path = relay.service.path(self.path)
                connection.request(self.command, path, body or None, self._headers(body))
                self._pass_on(connection.getresponse(), body, asks=asks)
        except (OSError, http.client.HTTPException) as problem:
            relay.meter.refused = 503
            with contextlib.suppress(OSError):
                self._refuse(503, f"the model service cannot be reached: {type(problem).__name__}")
            self.close_connection = True

    def _token(self) -> str:
        names = ("authorization", "x-api-key", "x-goog-api-key", "api-key")
        return " ".join([self.path, *(self.headers.get(name) or "" for name in names)])

    def _headers(self, body: bytes) -> Mapping[str, str]:
        relay, key = self._relay, self._relay.service.key
        found = {n: v for n, v in self.headers.items() if n.lower() not in _OURS}
        found["Accept-Encoding"] = "identity"  # so that the reply can be read here
        if body:
            found["Content-Length"] = str(len(body))
        if not key:
            return found
        for name in ("x-api-key", "x-goog-api-key", "api-key"):
            if relay.token in (self.headers.get(name) or ""):
                return found | {name: key}
        if "key=" in self.path:
            return found | {"x-goog-api-key": key}
        return found | {"Authorization": f"Bearer {key}"}

    def _pass_on(self, reply: http.client.HTTPResponse, asked: bytes, *, asks: bool) -> None:
        meter = self._relay.meter
        fine = reply.status < 400
        if asks:
            meter.refused = 0 if fine else reply.status
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in _NOT_BACK:
                self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        seen = bytearray()
        try:
            while data := reply.read1(65536):
                seen += data
                del seen[:-_KEPT]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.write(b"0\r\n\r\n")
        finally:
            if asks and fine:  # also of a reply that was cut off: it has been paid for
                meter.add(
                    usage_of(_plain(asked, self.headers.get("content-encoding")), bytes(seen))
                )

    def _refuse(self, status: int, message: str) -> None:
        kind = {401: "authentication_error", 402: "billing_error"}.get(status, "api_error")
        error = {"message": message, "type": kind, "code": kind}
        self._plain(status, json.dumps({"type": "error", "error": error}).encode())

    def _plain(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> bytes:
        length = self.headers.get("content-length")
        if length:
            if not 0 <= int(length) <= _LARGEST:
                raise ValueError("too large")
            return self.rfile.read(int(length))
        if (self.headers.get("transfer-encoding") or "").lower() != "chunked":
            return b""
        found = bytearray()
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if len(found) + size > _LARGEST:
                raise ValueError("too large")
            found += self.rfile.read(size)
            self.rfile.readline(64)
        self.rfile.readline(64)
        return bytes(found)


def _plain(body: bytes, encoding: str | None) -> bytes:
    with contextlib.suppress(OSError, EOFError):
        return gzip.decompress(body) if encoding == "gzip" else body
    return body
