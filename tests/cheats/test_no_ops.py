"""Fifty changes that change nothing but a number nobody reads, by an agent: luck keeps few."""

import pytest

from support.repos import commit
from support.typing_in import edit, target, whet

pytestmark = pytest.mark.slow

COUNT = 50
AGENT = """\
#!/bin/sh
# the same sum, written in another way: no two of the programs are the same
echo "0 + 0 * $(expr "${WHET_IDEA#I}" + 0)" >extra
"""


def test_of_fifty_changes_that_change_nothing_at_most_two_are_kept(tmp_path):
    root = target(tmp_path / "target")
    edit(root, "[checks]", "[run]\nmax_experiments = 60\nideas_per_wave = 50\n"
         "stop_after_dry_waves = 0\n\n[research]\nbefore_run = false\n\n[checks]")  # fmt: skip
    agent = tmp_path / "agent.sh"
    agent.write_text(AGENT)
    agent.chmod(0o755)
    commit(root)
    for number in range(COUNT):
        assert whet(root, "ideas", "add", f"nothing, number {number}").code == 0
    done = whet(root, "run", "--agent", str(agent), "--json", "--display", "none")
    assert done.code == 0, done.err
    told = whet(root, "list", "--json").document
    verdicts = [one["verdict"] for one in told["experiments"]]
    assert len(verdicts) == COUNT
    assert {"failed", "checks_failed", "rejected"}.isdisjoint(verdicts)
    assert verdicts.count("kept") <= 2
