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
from whet.errors import WhetError
from whet.model.trial import Stage, TrialSpec
from whet.ports import Progress
from whet.trial import locks, wire
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
    spec = _spec(args.spec)
    proc.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: proc.abandon(ABANDONED))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides what Ctrl-C means
    proc.end_with_stdin(ABANDONED)
    cap = spec.design.boundaries.cap if spec.design else spec.pairs

    def emit(stage: str, pairs: int, done: Stage | None) -> None:
        _say("progress", Progress(stage=stage, pairs=pairs, cap=cap, done=done))

    trial = Trial(spec=spec, source=args.source, work=args.work, repo=args.repo, emit=emit)
    try:
        _say("outcome", trial.run())
    except WhetError as error:
        print(error.message, file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_code) from None


def _spec(path: Path) -> TrialSpec:
    try:
        spec = wire.decode(TrialSpec, path.read_bytes())
        problem = _problem(spec)
    except (OSError, wire.WireError) as error:
        problem = str(error)
    else:
        if not problem:
            return spec
    print(f"whet.trial: the spec is no good: {problem}", file=sys.stderr)  # noqa: T201
    raise SystemExit(2)


def _problem(spec: TrialSpec) -> str:
    """Why a spec cannot be run, or nothing."""
    try:
        locks.available(spec.cpus)
    except ValueError as error:
        return f"cpus: {error}"
    if spec.mode == "judge" and spec.design is None:
        return "mode judge needs a design"
    if spec.mode == "fixed" and spec.pairs < 1:
        return "mode fixed needs pairs"
    if spec.mode != "checks" and not spec.metrics:
        return "there is no metric to read"
    return ""


def _say(kind: str, value: object) -> None:
    sys.stdout.buffer.write(f'{{"{kind}":{wire.encode(value)}}}\n'.encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
