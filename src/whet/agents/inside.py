"""Runs inside an agent's jail: a port on loopback that leads to the relay's socket, then the agent.

It is given to the interpreter as text, so it uses nothing but the standard library and does not
know whet. Arguments: the socket, the port, and the command to become.
"""

import contextlib
import os
import socket
import sys
import threading


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes one way until that way ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def lead(listener: socket.socket, to: str) -> None:
    """Give every connection one of the relay's."""
    while True:
        client, _ = listener.accept()
        relay = socket.socket(socket.AF_UNIX)
        relay.connect(to)
        for one, other in ((client, relay), (relay, client)):
            threading.Thread(target=pump, args=(one, other), daemon=True).start()


def main() -> None:
    """Listen, and become the command; the listening child ends with the jail."""
    to, port, argv = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    listener = socket.create_server(("127.0.0.1", port))
    if os.fork() == 0:
        for stream in (0, 1, 2):
            os.close(stream)  # whoever reads the agent's output must not wait for this one
        lead(listener, to)
    listener.close()
    # the same lines as in `whet.landlock`, which cannot be imported here
    try:
        os.execvp(argv[0], argv)  # noqa: S606
    except OSError as problem:
        sys.stderr.write(f"{argv[0]}: {problem.strerror}\n")
        sys.exit(127 if isinstance(problem, FileNotFoundError) else 126)


if __name__ == "__main__":
    main()
