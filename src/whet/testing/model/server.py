"""The scripted model behind a socket on loopback."""

import gzip
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from whet.testing.model.script import Ask, Script, reply_to, step_for
from whet.testing.model.wires import Sent, ask_of, sent, wire_of

_FAULTS = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request that came: what was asked, the whole body, and its headers in lower case."""

    path: str
    ask: Ask
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class ScriptedModel:
    """Scripts by model name; a model without one gets `default`.

    Faults are counted over the life of the server; everything else is read from the conversation
    itself, so agents may run in parallel, be killed, and go on.
    """

    def __init__(self, default: Script, **scripts: Script) -> None:
        self.seen: list[Seen] = []
        self._default, self._scripts = default, scripts
        self._faults: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.whet = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens, without the version: `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator["ScriptedModel"]:
        """Listen until the block ends."""
        self._thread.start()
        try:
            yield self
        finally:
            self._closed.set()
            self._server.shutdown()
            self._server.server_close()

    def answer(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> "Sent | int":
        """What a request gets: a reply, or the status of a fault."""
        ask = ask_of(wire_of(path), path, body)
        script = self._scripts.get(ask.model.rpartition("/")[2], self._default)
        with self._lock:
            self.seen.append(Seen(path=path, ask=ask, body=body, headers=headers))
        step = step_for(script, ask)
        if step is not None and step.hangs:
            self._closed.wait()
            return 503
        if step is not None and step.fault:
            with self._lock:
                self._faults[ask.model, ask.turn] += 1
                count = self._faults[ask.model, ask.turn]
            if step.times == 0 or count <= step.times:
                return step.fault
        return sent(ask, reply_to(script, step, ask), script)

    def models(self) -> list[str]:
        """Names of the models that have a script."""
        return ["default", *self._scripts]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """An agent that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _model(self) -> ScriptedModel:
        model = self.server.whet  # type: ignore[attr-defined]
        assert isinstance(model, ScriptedModel)
        return model

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on standard error."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        if not self.path.partition("?")[0].rstrip("/").endswith("/models"):
            self._document(404, {"error": {"message": "not here", "type": "not_found"}})
            return
        names = self._model.models()
        listed = [{"id": name, "object": "model", "created": 0} for name in names]
        found = {
            "object": "list",
            "data": listed,
            "models": [{"name": f"models/{n}"} for n in names],
        }
        self._document(200, found)

    def do_POST(self) -> None:
        path = self.path.partition("?")[0].rstrip("/")
        body = self._body()
        if path.endswith((":countTokens", "/count_tokens")):
            self._document(200, {"totalTokens": 10, "input_tokens": 10})
        elif not wire_of(path):
            self._document(404, {"error": {"message": "not here", "type": "not_found"}})
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(self._model.answer(path, body, headers))

    def _send(self, found: "Sent | int") -> None:
        if isinstance(found, int):
            kind = _FAULTS.get(found, "server_error")
            error = {"message": "scripted fault", "type": kind, "code": kind}
            self._document(found, {"type": "error", "error": error})
        elif found.document is not None:
            self._document(200, found.document)
        else:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for name, data in found.events:
                event = f"event: {name}\n" if name else ""
                part = f"{event}data: {data}\n\n".encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")

    def _document(self, status: int, found: Mapping[str, Any]) -> None:
        data = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if status >= 400:
            self.send_header("retry-after", "0")
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> Mapping[str, Any]:
        length = self.headers.get("content-length")
        raw = self.rfile.read(int(length)) if length else self._chunks()
        if self.headers.get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        try:
            found = json.loads(raw or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _chunks(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return b""
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found
