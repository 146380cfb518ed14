"""The charts, each an SVG document: no script, system fonts, titles for screen readers."""

from whet.report.effects_chart import effects
from whet.report.progress_chart import progress
from whet.report.theme import Theme

__all__ = ["Theme", "effects", "progress"]
