"""The log that pi-autoresearch's dashboard reads: what its page would make of it."""

import json

from report.campaign import finished
from whet.report.mirror import merged


def runs():
    return [json.loads(line) for line in merged("", finished()).splitlines()][1:]


def test_their_dashboard_counts_what_was_kept():
    state = finished()
    kept = [run["asi"]["whet"] for run in runs() if run["status"] == "keep"]
    assert len(kept) == state.count("kept")
    assert {name.partition("/")[2] for name in kept} == set(state.stack)


def test_the_best_number_they_see_is_one_that_somebody_believes():
    state, best = finished(), max(runs(), key=lambda run: run["metric"])
    experiment = state.experiments[best["asi"]["whet"].partition("/")[2]]
    assert experiment.verdict.kind in ("kept", "retired", "discarded")
    assert experiment.verdict.held == ""
    assert {run["metric"] for run in runs() if run["status"] in ("crash", "checks_failed")} == {0}
