"""A benchmark that says itself what its run came to."""

import pytest

from support.toy import work


@pytest.mark.parametrize(("said", "fault", "detail"), [
    ("EXPERIMENT_STATUS: done", "", ""),
    ("EXPERIMENT_STATUS: checks_failed", "checks", "it says `EXPERIMENT_STATUS: checks_failed`"),
    ("EXPERIMENT_ERROR: no fuel\\nEXPERIMENT_STATUS: crash", "crash",
     "it says `EXPERIMENT_STATUS: crash`: no fuel"),
])  # fmt: skip
def test_no_number_of_a_run_is_believed_that_says_it_came_to_nothing(toy, said, fault, detail):
    outcome = toy.run(work(f'puts("{said}");', cost=50.0))
    found = outcome.fault
    assert ((found.fault, found.detail) if found else ("", "")) == (fault, detail)
