"""`EXPERIMENT_STATUS` lines: the word of a script that ends with 0 whatever happened."""

import pytest

from whet.formats.status_lines import Status, status


@pytest.mark.parametrize(("text", "wanted"), [
    ("METRIC t=1\n", None),
    ("METRIC t=1\nEXPERIMENT_STATUS: done\n", Status(word="done", why="")),
    ("EXPERIMENT_STATUS: crash\r\nEXPERIMENT_ERROR: build failed\r\n",
     Status(word="crash", why="build failed")),
    ("CHECKS_STATUS: failed (exit 3)\nMETRIC t=1\nEXPERIMENT_STATUS: checks_failed\n",
     Status(word="checks_failed", why="failed (exit 3)")),
    ("EXPERIMENT_STATUS: crash\nagain\nEXPERIMENT_STATUS: done", Status(word="done", why="")),
    ("  EXPERIMENT_STATUS: done\nEXPERIMENT_STATUS: two words\n", None),
])  # fmt: skip
def test_the_last_status_counts_with_its_reason(text, wanted):
    assert status(text) == wanted
