"""`python -m whet.trial --spec FILE --source PATH --work DIR`: one block, events as JSON lines.

Standard output carries one JSON object a line: {"progress": …} while it runs, and last an
{"outcome": …} for every trial, in their order.
Standard input is held open by whoever started the trial: when it closes, the trial kills its
children and ends, so a driver that dies takes its trials with it.
"""

import argparse
import signal
import sys
from pathlib import Path

from whet import proc
from whet.errors import WhetError
from whet.model.trial import Block, Stage
from whet.ports import Progress
from whet.trial import wire
from whet.trial.fit import unfit
from whet.trial.run import Trial

ABANDONED = 75


def main() -> None:
    """Run the trial that the arguments name."""
    parser = argparse.ArgumentParser(prog="whet.trial")
    parser.add_argument("--spec", type=Path, required=True)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--repo", type=Path)
    args = parser.parse_args()
    block = _block(args.spec)
    proc.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: proc.abandon(ABANDONED))
    proc.disregard(signal.SIGINT)  # the driver decides what Ctrl-C means
    proc.end_with_stdin(ABANDONED)

    def emit(trial: str, stage: str, pairs: int, done: Stage | None) -> None:
        told = Progress(stage=stage, pairs=pairs, cap=block.cap, done=done, trial=trial)
        _say("progress", told)

    trial = Trial(block=block, source=args.source, work=args.work, repo=args.repo, emit=emit)
    try:
        for outcome in trial.run():
            _say("outcome", outcome)
    except WhetError as error:
        print(error.message, file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_code) from None


def _block(path: Path) -> Block:
    try:
        block = wire.decode(Block, path.read_bytes())
        problem = unfit(block)
    except (OSError, wire.WireError) as error:
        problem = str(error)
    else:
        if not problem:
            return block
    print(f"whet.trial: the spec is no good: {problem}", file=sys.stderr)  # noqa: T201
    raise SystemExit(2)


def _say(kind: str, value: object) -> None:
    sys.stdout.buffer.write(f'{{"{kind}":{wire.encode(value)}}}\n'.encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
