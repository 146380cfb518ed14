"""Colours of charts, light and dark. A verdict has its shape as well: colour says nothing alone."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

Theme = Literal["light", "dark", "page"]
"""`page`: the colours are the variables of the page that the chart is a part of."""

FONTS = "Inter,system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours by what they mean. Texts have a contrast of at least 4.5 on `panel`."""

    panel: str
    ink: str
    ink2: str
    ink3: str
    grid: str
    band: str
    grey: str
    gain: str
    mark: str
    open: str
    checks: str
    failed: str
    rejected: str


_OWN: Mapping[Theme, Palette] = {
    "light": Palette(
        panel="#ffffff", ink="#16191d", ink2="#4e5661", ink3="#686f7a", grid="#e8eaed",
        band="#f6f6f7", grey="#8b929c", gain="#0b7a57", mark="#14a877", open="#c98a12",
        checks="#b8430b", failed="#b3261e", rejected="#7a3ed0",
    ),
    "dark": Palette(
        panel="#161a1f", ink="#e9ebee", ink2="#aab1bb", ink3="#8f97a3", grid="#2a3038",
        band="#1b2026", grey="#78818d", gain="#3ddc9f", mark="#2fc48b", open="#e0a32f",
        checks="#ff9a62", failed="#ff7b72", rejected="#bd93f9",
    ),
}  # fmt: skip
PALETTES: Mapping[Theme, Palette] = {
    **_OWN,
    "page": Palette(**{field.name: f"var(--{field.name})" for field in fields(Palette)}),
}


def variables(theme: Theme) -> str:
    """The colours of a theme as the custom properties that `page` asks for."""
    palette = PALETTES[theme]
    return ";".join(f"--{field.name}:{getattr(palette, field.name)}" for field in fields(Palette))


def stylesheet(theme: Theme) -> str:
    """The rules of a chart; system fonts, so nothing is loaded."""
    p = PALETTES[theme]
    return (
        f"text{{font:11px {FONTS};fill:{p.ink2}}}"
        f".dim{{fill:{p.ink3}}}.b{{fill:{p.ink};font-weight:600}}"
        f".lab{{fill:{p.ink};font-size:11.5px;paint-order:stroke;stroke:{p.panel};"
        f"stroke-width:3.5px;stroke-linejoin:round}}.up{{fill:{p.gain};font-weight:600}}"
        f".end{{fill:{p.gain};font-size:15px;font-weight:700}}.head{{fill:{p.ink};font-size:12px}}"
        f".panel{{fill:{p.panel}}}.band{{fill:{p.band}}}"
        f".grid{{stroke:{p.grid};fill:none}}.zero{{stroke:{p.ink3};stroke-opacity:.6;fill:none}}"
        f".lane{{stroke:{p.grey};stroke-opacity:.5;stroke-dasharray:1 4;fill:none}}"
        f".lead{{stroke:{p.grey};stroke-width:.8;fill:none}}"
        f".stack{{stroke:{p.mark};stroke-width:2.2;fill:none;stroke-linejoin:round}}"
        f".sure{{fill:{p.mark};fill-opacity:.14}}.least{{fill:{p.ink};fill-opacity:.06}}"
        f".w{{stroke:{p.grey};stroke-opacity:.55;stroke-width:1.3;fill:none}}"
        f".w-kept{{stroke:{p.mark};stroke-opacity:1;stroke-width:1.8}}"
        f".w-retired{{stroke:{p.mark};stroke-opacity:.7}}"
        f".w-inconclusive{{stroke:{p.open};stroke-opacity:.9;stroke-dasharray:2 2}}"
        f".m-kept{{fill:{p.mark};stroke:{p.panel};stroke-width:1.6}}"
        f".m-retired{{fill:{p.panel};stroke:{p.mark};stroke-width:1.8}}"
        f".m-discarded{{fill:{p.panel};stroke:{p.grey};stroke-width:1.5}}"
        f".m-inconclusive{{fill:{p.panel};stroke:{p.open};stroke-width:1.7}}"
        f".m-checks_failed{{fill:{p.checks}}}.m-rejected{{fill:{p.rejected}}}"
        f".now{{stroke:{p.ink2};stroke-width:1.6;stroke-dasharray:3 2.3;fill:none}}"
        f".m-failed{{stroke:{p.failed};stroke-width:1.9;stroke-linecap:round;fill:none}}"
    )
