"""As much of torch as the small train.py needs: a seed."""

import random
from types import SimpleNamespace


def manual_seed(seed: int) -> None:
    """Begin the random numbers anew."""
    random.seed(seed)


cuda = SimpleNamespace(manual_seed=manual_seed, manual_seed_all=manual_seed)
