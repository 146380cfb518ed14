"""`whet run --arms`: whose turn it is, and how the arms compare."""

from collections.abc import Mapping

from whet.api.arms import compare_arms
from whet.api.running import RunOptions
from whet.cli.face import Face
from whet.cli.live import watched
from whet.report import arms as told


def show(face: Face, words: str, flags: Mapping[str, str], *, repeat: int, base: str) -> None:
    """Run every arm to its end and print them side by side.

    Raises:
        UserError: an arm is unknown.
    """
    options = RunOptions(campaign=face.campaign, base=base, overrides={**face.overrides, **flags})
    with watched(face, waves=True) as watcher:

        def turn(name: str, number: int) -> None:
            watcher.noticed(f"Turn {number}: {name}")

        done = compare_arms(face.start, words, options, watcher, repeat=repeat, turn=turn)
    if face.as_json:
        face.document(told.document(done.states, done.differences))
        return
    face.say("", *told.table(done.states, done.differences))
    last = [runs[0].name for runs in done.states.values()]
    face.say("", f"Look: whet report --campaign {last[-1]}")
