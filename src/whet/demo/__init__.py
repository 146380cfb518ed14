"""The bundled demo: a target written for it, a fork of it, and a scripted agent's patches.

`campaign.json` holds the waves and ideas in order, the evidence they cite and, for each idea, the
verdict kinds (`expect`) and reason codes (`codes`) that are right. A locator that begins with
`src/` is inside `TARGET`, any other inside `DATA`. `TARGET` must be copied before it is built.
"""

from importlib.resources import files
from pathlib import Path

DATA = Path(str(files(__name__)))
TARGET = DATA / "target"
PATCHES = DATA / "patches"
FORK = DATA / "fork"
CAMPAIGN = DATA / "campaign.json"
PROFILE = DATA / "profile.txt"
