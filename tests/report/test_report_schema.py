"""What a stranger can rely on: every document has a JSON Schema, and follows it."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import whet
from report.campaign import finished, opened
from support.documents import complaints, conforming
from whet.plan.replay import replay
from whet.report import document
from whet.report.schema import schema

KIND = re.compile(r'"kind": "([a-z_-]+)"')


def kinds():
    return schema()["properties"]["kind"]["enum"]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(json.loads(json.dumps(schema())))


def test_a_document_of_every_state_of_a_campaign_follows_it():
    for state in (finished(), replay(opened().events)):
        conforming(document.campaign(state))
        conforming(document.listing(state))
        conforming(document.report(state, "sha256:0"))
        for name in state.experiments:
            conforming(document.experiment(state, name))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"judged": "20"}, "is not of type"),
        ({"kind": "nonsense"}, "is not one of"),
        ({"schema": "whet/0"}, "was expected"),
        ({"opened_at": "yesterday"}, "does not match"),
        ({"surprise": 1}, "unexpected"),
    ],
)
def test_a_document_that_is_something_else_is_refused(changed, told):
    found = {**document.campaign(finished()), **changed}
    assert any(told in error.message for error in complaints(found))


def test_nothing_that_is_promised_may_be_missing():
    found = document.campaign(finished())
    for name in found:
        rest = {key: value for key, value in found.items() if key != name}
        assert complaints(rest), name


def test_the_schema_allows_fields_of_later_versions():
    found = {**document.campaign(finished()), "later": 1}
    assert Draft202012Validator(schema()).is_valid(found)


def test_every_kind_that_is_written_is_described():
    root = Path(whet.__file__).parent
    written = {
        kind
        for layer in ("cli", "report", "proof", "web")
        for path in (root / layer).rglob("*.py")
        for kind in KIND.findall(path.read_text(encoding="utf-8"))
    }
    assert written - set(kinds()) == set()


def test_every_kind_is_in_the_reference():
    page = (Path(__file__).parents[2] / "docs/reference/documents.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = [kind for row in rows[1:] for kind in re.findall("`([a-z_-]+)`", row)]
    assert sorted(named) == sorted(kinds())
