"""The ledger of a campaign with many experiments, made once by the simulated executor.

python benchmarks/long_campaign.py [experiments, 1000 by default]    prints its repository
"""

import hashlib
import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "campaign"))

from simulated import CONFIG, faster, run, site  # noqa: E402

from whet.testing.executor import SimulatedExecutor  # noqa: E402
from whet.testing.noise import MACHINES  # noqa: E402

GAINS = (*[0.0] * 40, -0.03, -0.03, 0.01, 0.01, 0.03)
"""Most ideas are worth nothing: about 20 of 1000 are kept."""

CACHE = ROOT / "build" / "benchmarks"


def long_campaign(experiments: int) -> Path:
    """The repository of a finished campaign; an earlier one is used while its format holds."""
    folder = CACHE / f"campaign-{experiments}-{_format()}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        chance = random.Random(1)
        gains = [chance.choice(GAINS) for _ in range(experiments)]
        limits = replace(CONFIG.run, max_experiments=experiments, hours=24)
        config = replace(CONFIG, run=limits)
        place = site(folder, [faster(gain) for gain in gains], config)
        run(place, SimulatedExecutor(machine=MACHINES["cloud"], seed=1), proposed=True)
        (folder / "done").touch()
    return folder / "target"


def _format() -> str:
    """What decides whether an older ledger can still be read."""
    package = ROOT / "src" / "whet"
    files = sorted([*(package / "model").glob("*.py"), package / "ledger" / "codec.py"])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


if __name__ == "__main__":
    print(long_campaign(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
