"""Whatever a benchmark prints, a parser answers with readings or with a FormatError."""

import json
import math
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from whet.formats import FORMATS, FormatError, parse
from whet.formats.guessing import guess

DATA = sorted((Path(__file__).parent / "data").glob("*.*[!d]"))
TEXTS = [path.read_text(encoding="utf-8") for path in DATA]
DOCUMENTS = [
    json.loads(path.read_text(encoding="utf-8")) for path in DATA if path.suffix == ".json"
]
NAMES = [*FORMATS[:-1], "json:*", "json:results.0.mean,a@sum"]

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([0, -1, 1e-320, 1e308, 10**400, "NaN", "ns", "iteration", "second", "1.0"])
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip


def try_all(text):
    guess(text)
    for name in NAMES:
        for samples in ("last", "all"):
            try:
                readings = parse(name, text, samples=samples)
            except FormatError:
                continue
            assert readings
            assert all(math.isfinite(reading.value) for reading in readings.values())
            assert all(math.isfinite(reading.resolution) for reading in readings.values())


def places(document, path=()):
    """Every path into a document."""
    yield path
    members = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in members:
        yield from places(value, (*path, key))


@settings(max_examples=150, deadline=None)
@given(st.text() | st.text(alphabet='{}[]",:0123456789.eE+-|METRICbenchmark =\n\t '))
def test_any_text_is_answered(text):
    try_all(text)


@settings(max_examples=100, deadline=None)
@given(values)
def test_any_document_is_answered(document):
    try_all(json.dumps(document))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_recorded_text_with_a_part_cut_or_put_in_is_answered(data):
    text = data.draw(st.sampled_from(TEXTS))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 200)))
    try_all(text[:start] + data.draw(st.text(max_size=12)) + text[end:])


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_a_recorded_document_with_a_value_replaced_or_removed_is_answered(data):
    document = json.loads(json.dumps(data.draw(st.sampled_from(DOCUMENTS))))
    *path, last = data.draw(st.sampled_from([p for p in places(document) if p]))
    place = document
    for key in path:
        place = place[key]
    if data.draw(st.booleans()):
        place[last] = data.draw(values)
    else:
        del place[last]
    try_all(json.dumps(document))
