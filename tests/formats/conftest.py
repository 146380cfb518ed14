"""Recorded output of the tools, and small edits of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from whet.formats import FormatError, parse

DATA = Path(__file__).parent / "data"


@pytest.fixture
def recorded() -> Callable[[str], str]:
    """The text of a file under data/, as its tool wrote it."""
    return lambda name: (DATA / name).read_text(encoding="utf-8")


@pytest.fixture
def change() -> Callable[..., str]:
    """A recorded file, or a text, with the value at a path replaced, or removed without `to`."""

    def edit(source: str, *path, **to) -> str:
        text = (DATA / source).read_text(encoding="utf-8") if source.endswith("json") else source
        document = json.loads(text)
        place = document
        for key in path[:-1]:
            place = place[key]
        if to:
            place[path[-1]] = to["to"]
        else:
            del place[path[-1]]
        return json.dumps(document)

    return edit


@pytest.fixture
def refusal() -> Callable[[str, str], str]:
    """The message and the hint with which a format refuses a text, on two lines."""

    def ask(name: str, text: str) -> str:
        with pytest.raises(FormatError) as caught:
            parse(name, text)
        return f"{caught.value.message}\n{caught.value.hint}"

    return ask
