"""Delays change the time and nothing else; bugs change the meaning and still compile."""

import shutil
from pathlib import Path

import pytest

from whet import proc
from whet.steps.doctor.delay import slowable, slowed
from whet.steps.doctor.functions import functions
from whet.steps.doctor.language import Source, source
from whet.steps.doctor.mutation import Mutant, mutants

C = """
#include <stdio.h>
static long total(const int *a, int n)
{
    long sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i];
    return sum;
}
int main(void)
{
    int a[4] = {1, 2, 3, 4};
    printf("%ld\\n", total(a, 4));
    return 0;
}
"""

CPP = """
#include <iostream>
#include <vector>
struct Sum {
    long all = 0;
    void add(const std::vector<int> &a) { for (int x : a) { all = all + x; } }
};
int main() { Sum s; s.add({1, 2, 3, 4}); std::cout << s.all << "\\n"; return 0; }
"""

RUST = """
fn total(a: &[i64]) -> i64 {
    let mut sum = 0;
    for x in a { sum += x; }
    sum
}
fn main() { println!("{}", total(&[1, 2, 3, 4])); }
"""

GO = """
package main
import "fmt"
func total(a []int) int {
	sum := 0
	for _, x := range a {
		sum += x
	}
	return sum
}
func main() { fmt.Println(total([]int{1, 2, 3, 4})) }
"""

JAVASCRIPT = """
function total(a) { let sum = 0; for (const x of a) { sum += x; } return sum; }
const main = () => { console.log(total([1, 2, 3, 4])); };
main();
"""

PYTHON = '''
def total(a):
    """Adds up."""
    result = 0
    for x in a: result += x
    return result
def shown(a): return print(a)
shown(total([1, 2, 3, 4]))
'''

LANGUAGES = {
    "a.c": (C, "cc", "cc -O3 -Wall -Wextra -Werror -o a.out a.c && ./a.out"),
    "a.cpp": (CPP, "c++", "c++ -O3 -Wall -Wextra -Werror -o a.out a.cpp && ./a.out"),
    "a.rs": (RUST, "rustc", "rustc -O -o a.out a.rs && ./a.out"),
    "a.go": (GO, "go", "GOCACHE=$PWD/c GOFLAGS=-mod=mod go run a.go"),
    "a.js": (JAVASCRIPT, "node", "node a.js"),
    "a.py": (PYTHON, "python3", "python3 a.py"),
}


def read(path: str, text: str) -> Source:
    found = source(path, text.encode())
    assert found is not None
    return found


def run(folder: Path, name: str, data: bytes) -> proc.Completed:
    _, tool, command = LANGUAGES[name]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    (folder / name).write_bytes(data)
    return proc.run(["/bin/sh", "-c", command], cwd=folder, timeout=120)


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_slowed_program_gives_the_same_answer(name, tmp_path):
    found = read(name, LANGUAGES[name][0])
    done = run(tmp_path, name, slowed(found, slowable(functions(found)), 50))
    assert (done.code, done.text) == (0, "10\n"), done.tail()


@pytest.mark.parametrize(
    ("name", "rounds"),
    [("a.c", 2**30), ("a.cpp", 2**30), ("a.rs", 2**30), ("a.go", 2**30), ("a.js", 2**30),
     ("a.py", 2**24)],
)  # fmt: skip
def test_no_compiler_removes_a_delay(name, rounds, tmp_path):
    found = read(name, LANGUAGES[name][0])
    short = run(tmp_path, name, slowed(found, functions(found), 1))
    long = run(tmp_path, name, slowed(found, functions(found), rounds))
    assert (long.code, long.text) == (0, "10\n"), long.tail()
    assert long.cpu > short.cpu + 0.1


def test_a_delay_moves_no_line_of_a_program_with_braces():
    found = read("a.c", C)
    assert slowed(found, functions(found), 9).count(b"\n") == C.count("\n")


def test_every_function_gets_its_delay():
    found = read("a.py", PYTHON)
    assert slowed(found, functions(found), 7).count(b"range(7)") == 2


def planted(name: str, seed: int = 0) -> list[Mutant]:
    found = read(name, LANGUAGES[name][0])
    return list(mutants([(found, function) for function in functions(found)], seed))


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_planted_bug_compiles_and_changes_the_answer(name, tmp_path):
    outcomes = []
    for number, mutant in enumerate(planted(name)[:3]):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcomes.append(run(folder, name, mutant.data))
    assert any(done.code == 0 and done.text != "10\n" for done in outcomes), outcomes


def test_bugs_are_the_same_for_one_seed_and_others_for_another():
    assert planted("a.c", 1) == planted("a.c", 1)
    assert any(planted("a.c", 1) != planted("a.c", seed) for seed in range(2, 6))


def test_functions_with_loops_get_the_first_bugs():
    assert {planted("a.c", seed)[0].function.name for seed in range(5)} == {"total"}


def test_a_bug_is_described_as_it_stands_in_the_file():
    told = {mutant.what for mutant in planted("a.c")}
    assert "`for (int i = 0; i < n; i++)` became `for (int i = 0; i <= n; i++)`" in told
    assert "`sum += a[i];` removed" in told
    assert {mutant.where for mutant in planted("a.c")} >= {"a.c:6", "a.c:7"}


def test_a_long_line_is_shown_around_the_bug():
    text = "int f(int alpha, int beta)\n{\n    return " + "alpha * " * 12 + "beta + alpha;\n}\n"
    found = read("a.c", text)
    (turned,) = [
        mutant for mutant in mutants([(found, functions(found)[0])], 0) if mutant.new == "-"
    ]
    assert turned.what == (
        "`…alpha * alpha * beta + alpha;` became `…alpha * alpha * beta - alpha;`"
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.c", '    printf("%d < 3 + 4", a);'),
        ("a.c", "    assert(a < 3);"),
        ("a.c", "    // a < 3 + 4"),
        ("a.c", "#define N (3 + 4)"),
        ("a.c", "    return x->y;"),
        ("a.c", "    a++; b--; c += d;"),
        ("a.cpp", "    std::vector<int> out;"),
        ("a.c", "    float b = 1e-c;"),
    ],
)
def test_what_decides_nothing_is_left_alone(name, line):
    found = read(name, f"int f(int a)\n{{\n{line}\n}}\n")
    assert [m.what for m in mutants([(found, functions(found)[0])], 0) if m.new in "<>+-"] == []


def test_a_table_is_left_alone():
    found = read(
        "a.c", "int f(int a)\n{\n    int t[] = {1, 2, 3, 4, 5, 6, 7};\n    return t[a];\n}\n"
    )
    assert list(mutants([(found, functions(found)[0])], 0)) == []


def test_an_exponent_is_not_a_difference():
    found = read("a.c", "float f(float a)\n{\n    return a * 1e-6f;\n}\n")
    assert [mutant.what for mutant in mutants([(found, functions(found)[0])], 0)] == []
