"""`python -m whet.trial --spec FILE --source PATH --work DIR`: one trial, events as JSON lines.

Standard output carries one JSON object a line: {"progress": …} while it runs, {"outcome": …} last.
Standard input is held open by whoever started the trial: when it closes, the trial kills its
children and ends, so a driver that dies takes its trials with it.
"""

import argparse
import signal
import sys
from pathlib import Path

from whet import proc
from whet.model.trial import Stage, TrialSpec
from whet.ports import Progress
from whet.trial import wire
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
    spec = wire.decode(TrialSpec, args.spec.read_bytes())
    proc.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: proc.abandon(ABANDONED))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides what Ctrl-C means
    proc.end_with_stdin(ABANDONED)
    cap = spec.design.boundaries.cap if spec.design else spec.pairs

    def emit(stage: str, pairs: int, done: Stage | None) -> None:
        _say("progress", Progress(stage=stage, pairs=pairs, cap=cap, done=done))

    outcome = Trial(spec=spec, source=args.source, work=args.work, repo=args.repo, emit=emit).run()
    _say("outcome", outcome)


def _say(kind: str, value: object) -> None:
    sys.stdout.write(f'{{"{kind}":{wire.encode(value)}}}\n')
    sys.stdout.flush()


if __name__ == "__main__":
    main()
