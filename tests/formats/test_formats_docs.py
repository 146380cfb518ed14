"""The page about formats shows each of them, with names that exist."""

import re
import tomllib
from pathlib import Path

from whet.formats import FORMATS, check

PAGE = (Path(__file__).parents[2] / "docs/reference/formats.md").read_text(encoding="utf-8")
EXAMPLES = [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]


def test_every_format_has_a_section_and_a_row():
    headings = re.findall(r"^## (\S+)$", PAGE, re.MULTILINE)
    assert headings == list(FORMATS)
    assert re.findall(r"^\| \[`([^`]+)`\]", PAGE, re.MULTILINE) == list(FORMATS)


def test_every_example_names_a_format_in_the_order_of_the_page():
    names = [example["bench"]["format"] for example in EXAMPLES]
    for name in names:
        check(name)
    assert [name.partition(":")[0] for name in names] == [
        name.partition(":")[0] for name in FORMATS
    ]
