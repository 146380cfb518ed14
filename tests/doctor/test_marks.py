"""Which functions a program calls is told by the program itself."""

from dataclasses import replace

import anyio
import pytest
from small_targets import FILES, LIBRARY, PYTHON, python
from test_planting import LANGUAGES, read, run

from whet.model.config import Integrity
from whet.steps.doctor.edited import changeable
from whet.steps.doctor.executed import narrowed
from whet.steps.doctor.functions import functions
from whet.steps.doctor.mark import marked

SPARE = {
    "a.c": "static int spare(int a)\n{\n    return a;\n}\nint (*used)(int) = spare;\n",
    "a.cpp": "int spare(int a) { return a; }\n",
    "a.rs": "pub fn spare(a: i64) -> i64 { a }\n",
    "a.go": "func spare(a int) int { return a }\n",
    "a.js": "function spare(a) { return a; }\n",
    "a.py": "def spare(a):\n    return a\n",
}


@pytest.mark.parametrize("name", LANGUAGES)
def test_functions_that_are_called_write_their_numbers(name, tmp_path):
    text = LANGUAGES[name][0]
    text = SPARE[name] + text if name == "a.py" else text + SPARE[name]
    found = read(name, text)
    numbered = list(enumerate(functions(found), 5))
    seen = tmp_path / "seen"
    done = run(tmp_path, name, marked(found, numbered, str(seen)))
    assert done.code == 0, done.tail()
    assert "10\n" in done.text
    told = seen.read_text() if seen.exists() else done.stderr.decode().replace("whet-seen ", "")
    assert {int(number) for number in told.split()} == {
        number for number, function in numbered if function.name != "spare"
    }


def names(target, **sections):
    visit = target.visit(**sections)
    parts = anyio.run(narrowed, visit, changeable(visit, []))
    return [(part.source.path, function.name) for part in parts for function in part.functions]


@pytest.mark.parametrize("sandbox", ["auto", "none"])
def test_only_functions_that_the_benchmark_calls_are_left(make, sandbox):
    more = "unsigned long spare(unsigned long a)\n{\n    return a;\n}\n"
    target = make({"src/work.c": LIBRARY + more, "src/lost.c": more})
    assert names(target, integrity=Integrity(sandbox=sandbox)) == [("src/work.c", "work")]


def test_it_works_for_python(make):
    target = make({**PYTHON, "work/more.py": "def more(a):\n    return a\n"})
    assert names(replace(target, config=python())) == [("work/__init__.py", "work")]


def test_a_file_that_does_not_compile_with_marks_is_left_out(make):
    strict = "#pragma GCC poison whet_s\nint strict(int a)\n{\n    return a;\n}\n"
    makefile = FILES["Makefile"].replace("$< src/work.c", "$< src/work.c src/strict.c")
    target = make({"src/strict.c": strict, "Makefile": makefile})
    assert names(target) == [("src/work.c", "work")]


def test_all_are_left_where_none_is_seen(make):
    target = make({"bench.sh": "#!/bin/sh\necho METRIC time_ms=1.5\n"})
    assert names(target) == [("src/work.c", "work")]
