"""The first words of a client, where it has waited longer than it wanted."""

import json
import os
import threading

_CHUNK = 1 << 16


def patient_input() -> None:
    """Let standard input begin with the question that its client still waits for.

    A client that speaks a new protocol asks `server/discover` first, and begins in the old way
    when no answer came in a moment. Both lie there when a server took long to start; the one that
    answers the first is held to it, and the client has left by then.
    """
    given = os.dup(0)
    first = os.read(given, _CHUNK)
    out, into = os.pipe()
    os.dup2(out, 0)
    os.close(out)
    threading.Thread(target=_pass_on, args=(given, into, still_meant(first)), daemon=True).start()


def still_meant(first: bytes) -> bytes:
    """What a client has sent, without a `server/discover` that an `initialize` has overtaken."""
    lines = first.splitlines(keepends=True)
    asked = [_method(line) for line in lines]
    if asked[:1] == ["server/discover"] and "initialize" in asked[1:]:
        return b"".join(lines[1:])
    return first


def _method(line: bytes) -> str:
    try:
        message = json.loads(line)
    except ValueError:
        return ""
    method = message.get("method") if isinstance(message, dict) else ""
    return method if isinstance(method, str) else ""


def _pass_on(given: int, into: int, data: bytes) -> None:
    with os.fdopen(into, "wb", buffering=0) as pipe:
        try:
            while data:
                pipe.write(data)
                data = os.read(given, _CHUNK)
        except OSError:
            return
