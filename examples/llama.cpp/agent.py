"""The scripted agent: makes of an idea the change that a person wrote for it.

`python agent.py ASSIGNED` runs in a copy of the incumbent; ASSIGNED is a JSON file with the name
of the patch of each idea, by its id.
Only the changes are scripted: what is said about them is measured.
"""

import json
import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Apply the patch of the idea in $WHET_IDEA."""
    assigned = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    patch = assigned.get(os.environ["WHET_IDEA"])
    if patch is None:
        # such as being asked for ideas of its own after a wave: it has none
        print(f"nothing is scripted for {os.environ['WHET_IDEA']}")
        return 0
    print(f"applying {patch}")
    path = Path(__file__).resolve().parent / "patches" / f"{patch}.patch"
    return subprocess.run(["git", "apply", "--3way", str(path)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
