"""The scripted agent: a real process that makes the edit the campaign has for an idea.

`main` runs in a copy of the incumbent with `$WHET_IDEA` in its environment.
Only the proposals of the demo are scripted; what is said about them is measured.
"""

import os
import sys
from pathlib import Path

from whet import proc
from whet.demo.story import story


def main() -> int:
    """Apply the patch that belongs to the idea."""
    idea = os.environ["WHET_IDEA"]
    found = next((act for act in story().acts if act.idea.id == idea), None)
    if found is None:
        sys.stderr.write(f"the demo has no idea {idea}\n")
        return 1
    sys.stdout.write(f"{found.idea.title}: applying {found.patch.name}\n")
    done = proc.run(["git", "apply", "--3way", str(found.patch)], cwd=Path.cwd(), timeout=30)
    sys.stdout.write(done.tail())
    return done.code
