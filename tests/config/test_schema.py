import json

from whet.config.keys import known
from whet.config.schema import documentation, schema


def properties(table):
    found = schema()["properties"][table]
    reference = found.get("$ref") or found.get("items", found).get("$ref")
    return schema()["$defs"][reference.removeprefix("#/$defs/")]


def test_the_schema_is_json_and_names_its_version():
    assert json.loads(json.dumps(schema()))["$schema"].endswith("2020-12/schema")


def test_every_key_is_in_the_schema():
    for pattern, key in known().items():
        assert key.name in properties(key.table)["properties"], pattern


def test_unknown_keys_are_refused_everywhere():
    tables = [schema(), *schema()["$defs"].values()]
    assert [table for table in tables if table["additionalProperties"] is not False] == []


def test_what_is_needed_is_required():
    assert schema()["required"] == ["goal", "bench"]
    assert properties("bench")["required"] == ["command"]
    assert properties("guard")["required"] == ["metric"]


def test_quantities_may_be_numbers_or_texts():
    timeout = properties("bench")["properties"]["timeout"]
    assert [choice["type"] for choice in timeout["anyOf"]] == ["number", "string"]
    assert "duration" in timeout["description"]


def test_what_the_model_says_about_a_key_is_its_description():
    assert documentation()["goal.min_effect"].startswith("Smallest gain worth keeping")
    found = properties("goal")["properties"]["min_effect"]["description"]
    assert found.startswith("Smallest gain worth keeping")
    assert "percentage" in found
