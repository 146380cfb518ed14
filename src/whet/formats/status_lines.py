"""`EXPERIMENT_STATUS: word` lines: what scripts of SkyPilot's optimisation example say of a run.

Such a script ends with exit code 0 whatever happened, so that its log can be fetched; what it came
to is on the last of these lines.
"""

import re
from dataclasses import dataclass

_STATUS = re.compile(r"(?m)^EXPERIMENT_STATUS:[ \t]*(\w+)[ \t]*\r?$")
_ERROR = re.compile(r"(?m)^EXPERIMENT_ERROR:[ \t]*(\S.*?)[ \t]*\r?$")
_CHECKS = re.compile(r"(?m)^CHECKS_STATUS:[ \t]*(\S.*?)[ \t]*\r?$")

DONE = "done"
CHECKS_FAILED = "checks_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a run ended, and why, in the script's own words."""

    word: str
    why: str


def status(text: str) -> Status | None:
    """The last status in an output; None where it has none."""
    found = _STATUS.findall(text)
    if not found:
        return None
    said = (_CHECKS if found[-1] == CHECKS_FAILED else _ERROR).findall(text)
    return Status(word=found[-1], why=said[-1] if said else "")
