"""Lets the tests here import `simulated`, which drives whole campaigns and is not a fixture."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
