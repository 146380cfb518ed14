"""Lets the tests here import `campaign` and `golden`, which are builders and not fixtures."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
