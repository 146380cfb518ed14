"""The page: one file that works offline, or what a server shows and brings up to date."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from whet.page import data
from whet.page.environment import environment
from whet.page.lineage import sources
from whet.page.look import css, read
from whet.page.sections import sections
from whet.page.seen import Seen
from whet.report import story
from whet.report.agents import unsandboxed
from whet.report.escape import visible
from whet.report.figures import estimate, share, typeset
from whet.report.lines import unit

COLUMNS = (
    "ID", "Verdict", "Change", "Effect", "Interval", "Why", "Evidence", "Worker", "Time",
)  # fmt: skip


def page(
    seen: Seen,
    parts: Mapping[str, str] | None = None,
    entries: Sequence[data.Entry] | None = None,
) -> str:
    """The whole page.

    Args:
        seen: the campaign.
        parts: its sections, where somebody has rendered them already.
        entries: its experiments, likewise.
    """
    state, style, script = seen.state, css(), read("app.js")
    config = story.config_of(state)
    payload = {
        **data.vocabulary(state),
        "live": seen.live,
        "sources": data.evidence(sources(state)),
        "ex": list(entries if entries is not None else data.entries(seen)),
    }
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            policy=policy(live=bool(seen.live)),
            title=title(seen),
            name=config.campaign.title and visible(state.name),
            heading=config.campaign.title or state.name,
            about=_about(seen),
            scripted=state.scripted,
            unsandboxed=unsandboxed(state),
            version=state.version,
            live=seen.live,
            parts=parts if parts is not None else sections(seen),
            columns=COLUMNS,
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            data=Markup(island(payload)),  # noqa: S704
        )
    )


def title(seen: Seen) -> str:
    """What the window is called: the headline where there is one."""
    found = story.headline(seen.state)
    if found.kind != "measured" or found.effect is None:
        return f"{seen.state.name} - whet"
    return f"{typeset(estimate(found.effect))} {seen.state.name} - whet"


def policy(*, live: bool) -> str:
    """The content security policy: this style, this script, and nothing from anywhere else."""
    reach = "; connect-src 'self'" if live else ""
    return (
        f"default-src 'none'; style-src '{_hash(css())}'; script-src '{_hash(read('app.js'))}'; "
        f"img-src data:; base-uri 'none'; form-action 'none'{reach}"
    )


def island(payload: object) -> str:
    """JSON that nothing inside can lead out of its element."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _about(seen: Seen) -> str:
    state, goal = seen.state, story.config_of(seen.state).goal
    measure = unit(state, goal.metric)
    name = f"{visible(goal.metric)}{f' in {measure}' if measure else ''}"
    base = state.base[: story.SHORT_COMMIT]
    least = share(goal.min_effect)
    return f"Base {base}. Goal: {name}, {goal.direction} is better, gains from {least} count."
