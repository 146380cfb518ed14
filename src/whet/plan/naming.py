"""What a campaign is called when nobody says, and how it is gone on with."""

import re

from whet.model.config import Config
from whet.plan.state import State


def usual_name(config: Config) -> str:
    """The campaign that `whet run` means by itself."""
    return config.campaign.name or slug(config.goal.metric)


def slug(text: str) -> str:
    """A text as the name of a folder and of a ref."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "campaign"


def command_to_go_on(state: State) -> str:
    """The command line that goes on with this campaign and no other."""
    if state.config is not None and state.name == usual_name(state.config):
        return "whet run"
    return f"whet run --campaign {state.name}"
