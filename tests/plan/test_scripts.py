import pytest

from whet.plan.scope import scripts

FILES = frozenset({"bench.sh", "bench/run.py", "src/w.c", "checks/c.sh"})


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("./bench.sh -n 3", ("bench.sh",)),
        ("cd x && python3 -u bench/run.py --a", ("bench/run.py",)),
        ("FOO=1 bash checks/c.sh | tail", ("checks/c.sh",)),
        ("cc -O2 src/w.c -o w && ./w", ()),
        ("make bench", ()),
        ("python3 'unclosed", ()),
        ("", ()),
    ],
)
def test_the_script_a_command_runs_is_found_and_a_compiled_source_is_not(command, expected):
    assert scripts([command], FILES) == expected


def test_a_script_named_twice_is_found_once():
    assert scripts(["./bench.sh", "sh bench.sh"], FILES) == ("bench.sh",)
