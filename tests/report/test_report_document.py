import json
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from report.campaign import CONFIG, START, finished, goal_effect, opened, outcome, pairs, until
from whet.errors import UnknownId
from whet.judge.comparison import compare
from whet.judge.ratios import effect
from whet.model import event as happened
from whet.model.config import Config
from whet.model.trial import TrialOutcome
from whet.model.verdict import Verdict
from whet.plan.replay import replay
from whet.report import document
from whet.report.jsonable import jsonable


def documents(state):
    return {
        "experiment": document.experiment(state, "E08"),
        "campaign": document.campaign(state, START + 20_000.0, "pid 1"),
        "list": document.listing(state),
        "report": document.report(state, "a" * 64),
    }


@pytest.mark.parametrize("kind", ["experiment", "campaign", "list", "report"])
def test_every_document_names_its_schema_and_kind_and_is_json(kind):
    found = documents(finished())[kind]
    assert (found["schema"], found["kind"], found["campaign"]) == ("whet/1", kind, "decode-cpu")
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize("kind", ["experiment", "campaign", "list", "report"])
def test_a_scripted_campaign_says_so_in_every_document(kind):
    assert documents(finished("a recorded agent"))[kind]["scripted"] == "a recorded agent"
    assert documents(finished())[kind]["scripted"] is None


def test_an_experiment():
    found = document.experiment(finished(), "E08")
    assert found["verdict"] == "kept"
    assert found["predicted"] == [0.05, 0.106]
    assert found["evidence"] == ["S01", "S03", "S02"]
    assert found["decided_by"] == "judge"
    assert found["effect"]["estimate"] == pytest.approx(0.064, abs=0.005)
    assert found["effect"]["ci"][0] < found["effect"]["estimate"] < found["effect"]["ci"][1]
    assert found["effect"]["n_pairs"] == 8
    assert found["confirmation"]["holds"] is True
    assert found["started_at"].endswith("Z")


def test_what_is_missing_is_null_and_never_zero():
    found = document.experiment(finished(), "E16")
    missing = ("effect", "worker", "alpha", "commit", "trial_seconds", "started_at", "confirmation")
    assert {key: found[key] for key in missing} == dict.fromkeys(missing)
    waiting = document.experiment(until(happened.ExperimentOpened), "E01")
    assert (waiting["verdict"], waiting["effect"], waiting["decided_at"]) == (None, None, None)


def test_a_rejected_number_is_not_an_effect():
    found = document.experiment(finished(), "E09")
    assert found["effect"] is None
    assert found["disbelieved_effect"]["estimate"] == pytest.approx(0.31, abs=0.01)


def test_an_unknown_experiment_is_a_mistake_of_the_user():
    with pytest.raises(UnknownId):
        document.experiment(finished(), "E99")


def test_the_headline_is_the_measured_stack():
    state = finished()
    found = document.campaign(state)
    assert found["headline"]["effect"]["estimate"] == state.measured[-1].effect.estimate
    assert found["headline"]["commit"] == state.incumbent
    assert [guard["state"] for guard in found["headline"]["guards"]] == ["holds"] * 3
    assert found["counts"] == {
        "kept": 5, "retired": 1, "discarded": 6, "inconclusive": 2, "checks_failed": 1,
        "failed": 3, "rejected": 2,
    }  # fmt: skip


def test_there_is_no_headline_before_the_stack_is_measured_again():
    found = document.campaign(until(happened.IncumbentAdvanced))
    assert (found["headline"], found["headline_kind"]) == (None, "pending")
    assert found["message"] == "1 kept change, the stack was not re-measured yet"


def test_a_stack_that_does_not_hold_is_no_headline():
    found = document.campaign(until(happened.StackMeasured, 2))
    assert (found["headline"], found["headline_kind"]) == (None, "broken")


def test_the_state_of_a_campaign_knows_who_works_on_it():
    state = until(happened.ExperimentStarted, 4)
    assert document.campaign(state, state.last + 60.0, "pid 1")["state"] == "running"
    assert document.campaign(state, state.last + 60.0)["state"] == "idle"
    assert document.campaign(finished())["state"] == "stopped"
    working = document.campaign(state, state.last + 60.0, "pid 1")["seconds"]
    assert working == pytest.approx(state.busy_seconds + 60.0)


def test_expected_false_keeps_are_the_sum_of_the_error_levels():
    found = document.campaign(finished())["expected_false_keeps"]
    measured = [e for e in finished().experiments.values() if e.outcome and e.outcome.pairs]
    assert found["candidates"] == len(measured)
    assert found["at_most"] == pytest.approx(0.005 * len(measured))
    assert document.campaign(replay(opened().events))["expected_false_keeps"]["at_most"] is None


def test_a_list_tells_its_filter():
    found = document.listing(finished(), verdict="rejected", wave=2)
    assert found["filter"] == {"verdict": "rejected", "wave": 2}
    assert [one["id"] for one in found["experiments"]] == ["E09", "E10"]
    assert found["total"] == 20


def test_the_report_holds_every_sample_and_decodes_into_the_model():
    state = finished()
    found = json.loads(json.dumps(document.report(state, "a" * 64)))
    assert TypeAdapter(Config).validate_python(found["config"]) == CONFIG
    adapter = TypeAdapter(TrialOutcome)
    for one in found["experiments"]:
        recorded = state.experiments[one["id"]].outcome
        assert (adapter.validate_python(one["outcome"]) if one["outcome"] else None) == recorded
    stacks = [adapter.validate_python(one["outcome"]) for one in found["stack_measurements"]]
    assert stacks == [measured.outcome for measured in state.measured]
    calibration = adapter.validate_python(found["calibrations"][0]["outcome"])
    assert calibration == state.calibrations["local"].outcome


def test_the_effect_of_the_stack_follows_from_the_samples_in_the_report():
    found = json.loads(json.dumps(document.report(finished(), "a" * 64)))
    last = found["stack_measurements"][-1]
    taken = TypeAdapter(TrialOutcome).validate_python(last["outcome"]).pairs
    again = effect(taken, "decode", "higher", t=2.2, confidence=0.95)
    assert again.estimate == last["effect"]["estimate"]
    assert [again.low, again.high] == last["effect"]["ci"]


def test_the_report_carries_the_ledgers_hash_and_the_patches_it_was_given():
    found = document.report(finished(), "f" * 64, {"d" * 64: "diff --git a b\n"})
    assert found["ledger"] == {"events": finished().events, "head": "f" * 64}
    assert found["patches"] == {"d" * 64: "diff --git a b\n"}


def test_the_report_of_a_campaign_that_has_only_begun_is_a_document_too():
    found = document.report(replay(opened().events), "0" * 64)
    assert (found["experiments"], found["headline"]) == ([], None)
    assert found["message"] == "No verdict yet"


def test_a_number_that_is_not_finite_is_null():
    assert jsonable((1.5, float("inf"), float("nan"))) == [1.5, None, None]
    with pytest.raises(TypeError, match="no JSON for set"):
        jsonable({1, 2})


def test_a_replayed_trial_stands_beside_the_recorded_verdict():
    found = finished().experiments["E08"]
    taken = pairs("again", 8, 0.06)
    given = Verdict(kind="kept", code="faster", reason="faster", effect=goal_effect(taken))
    told = document.replayed(found, outcome("again", taken), given)
    assert (told["kind"], told["id"], told["same"]) == ("replay", "E08", True)
    other = document.replayed(found, outcome("again"), replace(given, kind="discarded"))
    assert (other["same"], other["recorded_verdict"]) == (False, "kept")
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_comparison_names_both_sides():
    taken = pairs("compare", 12, 0.05)
    rows = [compare(taken, "decode", "higher", confidence=0.95, min_effect=0.01)]
    told = document.comparison("main", "fast", rows, outcome("compare", taken))
    assert (told["a"], told["b"], told["metrics"][0]["answer"]) == ("main", "fast", "faster")
    assert json.loads(json.dumps(told, allow_nan=False)) == told
