"""`python -m whet.guard [--cpus LIST] [--input FD] COMMAND …`: it ends with whoever asked for it.

Standard input is held open by whoever started the guard. When it closes, because that one has
ended in whatever way, the command and everything it started are killed. The command itself has no
input, or the open file that `--input` names; its output is the guard's. What it leaves behind,
daemons included, is killed when it ends.
"""

import os
import signal
import sys

from whet import proc

ABANDONED = 75


def main() -> None:
    """Run the command of the arguments and end with its exit code; 128 + n for a signal."""
    proc.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: proc.abandon(ABANDONED))
    proc.disregard(signal.SIGINT)  # whoever started it decides what Ctrl-C means
    proc.end_with_stdin(ABANDONED)
    argv, source = sys.argv[1:], None
    if argv[:1] == ["--cpus"]:
        os.sched_setaffinity(0, [int(core) for core in argv[1].split(",")])
        argv = argv[2:]
    if argv[:1] == ["--input"]:
        argv, source = argv[2:], int(argv[1])
    code = proc.pass_through(argv, source)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
