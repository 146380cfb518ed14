"""A whole proof, and how it is shown."""

import json
import math
import xml.etree.ElementTree as ET

import pytest

from whet.cli.prove import _MACHINES
from whet.errors import UserError
from whet.proof.chart import chart
from whet.proof.document import document
from whet.proof.headline import headline
from whet.proof.result import WHET
from whet.proof.rules import PEERS
from whet.proof.run import Options, prove
from whet.proof.table import lines, markdown
from whet.report.span import plain
from whet.testing.noise import MACHINES


def rows(proof):
    return {row.key: row for row in proof.machines[0].rows}


def test_whet_is_right_about_every_candidate_on_a_quiet_machine(proof):
    ours = rows(proof)[WHET]
    assert (ours.null.kept, ours.null.of) == (0, 6)
    assert (ours.harmful.kept, ours.harmful.of) == (0, 1)
    assert (ours.found.kept, ours.found.of) == (1, 1)


def test_the_stack_is_claimed_as_it_was_measured_and_that_is_nearly_true(proof):
    (stack,) = proof.machines[0].stacks
    gain = next(tried.gain for tried in proof.machines[0].tried if tried.gain > 0)
    assert stack.true == pytest.approx(gain)
    assert stack.measured.low <= stack.true <= stack.measured.high
    ours = rows(proof)[WHET]
    assert (ours.claimed, ours.true) == (
        pytest.approx(stack.measured.estimate),
        pytest.approx(stack.true),
    )


def test_every_rule_is_asked_about_every_candidate(proof):
    assert list(rows(proof)) == [WHET, *(peer.key for peer in PEERS), "records"]
    for key, row in rows(proof).items():
        kept = sum(key in tried.kept_by for tried in proof.machines[0].tried)
        middling = [t for t in proof.machines[0].tried if 0 < t.gain < 0.02]
        assert row.null.kept + row.harmful.kept + row.found.kept == kept, key
        assert middling == []


def test_a_claim_is_the_product_of_what_was_kept(proof):
    kept = [tried for tried in proof.machines[0].tried if "single" in tried.kept_by]
    true = math.prod(1 + tried.gain for tried in kept) - 1
    assert rows(proof)["single"].true == pytest.approx(true)


def test_whet_pays_for_its_pairs_warm_ups_and_calibration(proof):
    pairs = [tried.pairs for tried in proof.machines[0].tried]
    # the calibration finds first runs no slower, so that only the incumbent has one
    expected = (sum(2 * number + 1 for number in pairs) + 22) / 8
    assert rows(proof)[WHET].invocations == pytest.approx(expected)
    assert rows(proof)["single"].invocations == pytest.approx(1 + 1 / 8)


def test_progress_is_told_for_both_campaigns(proof, told):
    steps = [(doing.number, doing.campaign, doing.judged) for doing in told]
    expected = [(1, "alone", n) for n in range(9)] + [(2, "stacked", n) for n in range(9)]
    assert steps == expected
    assert {(doing.campaigns, doing.of) for doing in told} == {(2, 8)}


def test_the_headline_says_what_the_rows_say(proof):
    said = headline(proof)
    assert said.startswith("On quiet, whet kept 0 of 6 changes without effect, the other rules ")
    assert "whet found 1 of 1 worth 2% or more" in said
    assert f"{rows(proof)[WHET].invocations:.1f} runs" in said


def test_the_table_fits_a_terminal(proof):
    shown = [text if isinstance(text, str) else plain(text) for text in lines(proof)]
    assert max(map(len, shown)) <= 80
    assert [text for text in shown if text.startswith("whet ")] != []


def test_the_document_is_plain_json_with_a_schema(proof):
    data = json.loads(json.dumps(document(proof), allow_nan=False))
    assert (data["schema"], data["kind"]) == ("whet/1", "proof")
    (machine,) = data["machines"]
    assert machine["machine"] == "quiet"
    ours = machine["rules"][0]
    assert ours["rule"] == WHET
    assert ours["null"]["ci"] == [0.0, pytest.approx(1 - 0.025 ** (1 / 6))]
    assert ours["null"]["rate"] == 0.0
    assert len(machine["candidates"]) == 8
    assert machine["stacks"][0]["measured"]["n_pairs"] == 24
    assert data["headline"] == headline(proof)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart_has_a_mark_for_every_rule(proof, theme):
    root = ET.fromstring(chart(proof, theme))
    marks = [one.get("class") for one in root.iter() if (one.get("class") or "").startswith("m-")]
    assert sorted(marks) == ["m-discarded"] * 7 + ["m-kept"]
    assert float(root.get("height")) > 200


def test_the_page_has_a_row_for_every_rule(proof):
    page = markdown(proof)
    assert page.count("\n| ") == 1 + 1 + 8
    assert "seeds 4" in page


@pytest.mark.parametrize(
    "options",
    [Options(machines=("moon",)), Options(candidates=0), Options(seeds=()), Options(effect=-0.1)],
)
def test_what_makes_no_proof_is_refused_before_anything_is_built(options):
    with pytest.raises(UserError):
        prove(options)


def test_the_command_line_knows_every_machine():
    assert tuple(MACHINES) == _MACHINES
