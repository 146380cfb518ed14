"""What is said when changes were judged: the verdicts, the stack, what waits, what to type next."""

from collections import Counter
from collections.abc import Iterator

from whet.api.running import Finished
from whet.cli.face import Face
from whet.plan.state import ExperimentState, State
from whet.report import lines
from whet.report.escape import visible
from whet.report.span import Line, Span, line
from whet.report.story import held, kept
from whet.report.summary import without_number
from whet.report.words import WORDS
from whet.report.wrap import paragraph

LIMITS = ("experiments", "time", "waves", "money", "tokens")
"""Why a run stops with an error of its own, which says it, and a hint with a larger limit."""

_HANGING = 2
_TOO_NOISY = 3
"""So many times the minimum effect must a gain be before a noisy machine is worth a sentence."""


def say_ending(face: Face, done: Finished, *, wave: int | None = None) -> None:
    """Print how it ended.

    Args:
        face: where to; a terminal that showed every verdict as it came is not shown them twice.
        done: the campaign and why it stopped.
        wave: only what was judged in this wave, because nothing else was asked for.
    """
    state = done.state
    chosen = [state.experiments[name] for name in lines.select(state, wave=wave)]
    if not face.has_shown:
        face.say(*lines.table(state, wave=wave, width=face.width))
    face.say("")
    say_summary(face, state, chosen, whole=wave is None)
    if wave is None and done.stop.code not in LIMITS:
        face.say(f"Stopped: {visible(done.stop.reason)}")
    face.say(*say_next(state, chosen))


def say_summary(
    face: Face, state: State, chosen: list[ExperimentState], *, whole: bool = True
) -> None:
    """Print how many were kept, what the stack is worth, and what noise has hidden.

    Args:
        face: where to.
        state: the campaign.
        chosen: what was judged.
        whole: whether that is the campaign, whose result is then told where it has no number.
    """
    for shown in _ending(state, chosen, whole=whole):
        for number, row in enumerate(paragraph(shown, face.width - _HANGING)):
            face.say(" " * _HANGING * bool(number) + row)
    if state.headline is not None and state.headline.holds and not face.has_shown:
        face.say(lines.stack_line(state, state.headline, face.width))


def _ending(state: State, chosen: list[ExperimentState], *, whole: bool) -> Iterator[str]:
    if len(chosen) > 1:
        waiting = sum(1 for e in held(state) if e in chosen)
        found = Counter(e.verdict.kind for e in chosen if e.verdict is not None)
        total = sum(found.values())
        found["inconclusive"] -= waiting
        said = [f"{found[kind]} {word.count}" for kind, word in WORDS.items() if found[kind] > 0]
        said += [f"{waiting} held for you"] if waiting else []
        yield f"{total} judged: {', '.join(said)}"
    if whole and (state.headline is None or not state.headline.holds):
        yield without_number(state)
    assert state.config is not None
    for calibrated in state.calibrations.values():
        noise = calibrated.noise
        if noise.detectable > _TOO_NOISY * state.config.goal.min_effect:
            spread, least = f"{100 * noise.sd_pair:.1f}%", f"{100 * noise.detectable:.0f}%"
            yield (
                f"This machine is noisy: pairs of the same code differ by {spread}, "
                f"so gains below about {least} are not seen"
            )


def say_next(state: State, chosen: list[ExperimentState]) -> Iterator[Line]:
    """What to type next."""
    waiting = held(state)
    for one in waiting:
        assert one.verdict is not None
        yield line(Span(f"  {one.id} waits for you", "warn"), f": {visible(one.verdict.held)}")
    rows = [("Look", f"whet diff {one.id}") for one in waiting[:1]]
    rows += [("Then", f"whet keep {one.id} --reason '...'") for one in waiting[:1]]
    alone = [one for one in kept(state) if one in chosen and not one.in_stack]
    if state.stack:
        rows.append(("Take it", "whet diff stack | git apply"))
    elif alone:
        rows.append(("Take it", f"whet diff {alone[-1].id} | git apply"))
    told = waiting or alone or kept(state) or chosen
    if told:
        rows.append(("Why", f"whet why {told[-1].id}"))
    rows.append(("Report", "whet report"))
    for label, command in rows:
        yield line(f"  {label:<8} ", Span(command, "command"))
