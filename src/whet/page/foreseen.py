"""Predicted against measured: does whoever has the ideas know what they are worth?"""

from collections.abc import Iterator

from whet.page.picture import picture
from whet.plan.state import State
from whet.report.escape import cut
from whet.report.figures import change, percent, typeset
from whet.report.marks import mark
from whet.report.scale import Scale, bounds, percents, ticks, widened
from whet.report.story import Prediction, predictions, title
from whet.report.svg import Svg, element, group, straight, text

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 600.0, 210.0, 86.0, 20.0, 24.0
_MOST = 20


def foreseen(state: State) -> Svg | None:
    """The newest predictions beside what was measured; None where there is none."""
    found = predictions(state)[-_MOST:]
    if not found:
        return None
    promised = [end for one in found for end in (one.low, one.high)]
    seen = [end for one in found for end in (one.effect.low, one.effect.high)]
    low, high = widened(*bounds([0.0, *promised], seen), 0.05, 0.05)
    scale = Scale(low=low, high=high, start=_LEFT, end=_WIDTH - _RIGHT)
    bottom = _TOP + _ROW * len(found)
    return picture(
        "foreseen",
        "Predicted against measured",
        "; ".join(
            f"{one.experiment}: predicted {percent(one.low)} to {percent(one.high)}, "
            f"measured {change(one.effect)}, {one.answer}"
            for one in found
        ),
        _WIDTH,
        bottom + 8,
        group(*_axis(scale, bottom)),
        *(group(*_row(state, one, n, scale), data_e=one.experiment) for n, one in enumerate(found)),
    )


def _axis(scale: Scale, bottom: float) -> Iterator[Svg]:
    numbers = ticks(scale.low, scale.high, 5)
    for number, label in zip(numbers, percents(numbers), strict=True):
        x = scale.at(number)
        yield straight(x, _TOP - 4, x, bottom, "zero" if abs(number) < 1e-12 else "grid")
        yield text(x, 12, label, class_="dim", text_anchor="middle")


def _row(state: State, one: Prediction, number: int, scale: Scale) -> Iterator[Svg]:
    y = _TOP + (number + 0.5) * _ROW
    experiment = state.experiments[one.experiment]
    verdict = experiment.verdict
    assert verdict is not None
    id_ = element("tspan", one.experiment, class_="dim")
    yield text(0, y + 4, id_, f"  {cut(title(state, experiment), 25)}", class_="head")
    left, right = scale.at(one.low), scale.at(one.high)
    width = max(2.0, right - left)
    yield element("rect", class_="promised", x=left, y=y - 5, width=width, height=10, rx=2)
    low, high = scale.inside(one.effect.low), scale.inside(one.effect.high)
    yield straight(low, y, high, y, f"w w-{verdict.kind}")
    yield mark(verdict.kind, scale.inside(one.effect.estimate), y, 4.0)
    yield text(_WIDTH - _RIGHT + 12, y + 4, typeset(one.answer), class_="dim")
