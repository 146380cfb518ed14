"""Functions are found in the text of six languages, and nothing else is taken for one."""

import pytest

from whet.steps.doctor.functions import functions
from whet.steps.doctor.language import Source, language, source

C = r"""
#include "a.h"
#define TWICE(f) do { f(); } while (0)   /* a directive { */
static const int table[] = {1, 2, f(3)};
struct point { int x; int y; };
static inline int quick(int a) { return a; }
int slow(int a, int (*call)(int))
{
    /* } */ const char *text = "}}\"{"; char c = '{';
    if (a > text[0]) { return call(a); }
    return c;
}
extern int declared(int a);
void last(void) { }
"""

CPP = r"""
namespace one { class Shape : public Base<int(int)> {
  public:
    Shape(int a) : a_(a), b_{2} { grow(); }
    ~Shape() {}
    template <typename T> T area(const T &x) const noexcept override { return x * 1'000; }
    constexpr int edges() const { return 4; }
    bool operator==(const Shape &o) const { return a_ == o.a_; }
}; }
auto lambda = [](int x) { return x; };
int one::Shape::outside(std::vector<int> x) { return R"(} {)"[x[0]]; }
"""

RUST = r"""
use std::fmt;
#[derive(Debug)]
pub struct Point<'a> { x: &'a str }
pub const fn early(a: u32) -> u32 { a }
impl<'a> Point<'a> {
    pub fn longest<F: Fn(i32) -> i32>(&self, f: F) -> usize {
        let c = '{'; let r = r#"}"{"#; f(1); self.x.len()
    }
}
fn last() {}
"""

GO = """
package p
type Any interface{}
type Op func(a int) int
func Add(a, b interface{}) (int, error) { return `}`[0], nil }
func (s *Stack[T]) Push(x T) { s.items = append(s.items, x) }
var inline = func(a int) int { return a }
"""

JAVASCRIPT = """
import { x } from 'y';
const table = { a: 1, method(b) { return b; } };
export default async function main({ a, b }) { return `}${a}`; }
const arrow = async (a, b) => { return /[}'"]/.test(a); };
class Walker extends Base { get size() { return 1; } walk(to) { if (to) { this.go(); } } }
"""

PYTHON = '''
"""def not_this(): pass"""
import functools
class Thing:
    @functools.cache
    def method(self, a):
        """Says what it does."""
        return a
    def only_words(self):
        """Nothing else."""
def outer():
    @functools.cache
    def inner(): return 1
    return inner
def short(): return "def neither(): {"
async def later(): pass
'''


def read(path: str, text: str) -> Source:
    found = source(path, text.encode())
    assert found is not None
    return found


def names(path: str, text: str) -> list[str]:
    return [function.name for function in functions(read(path, text))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.c", C, ["quick", "slow", "last"]),
        ("a.cpp", CPP, ["Shape", "~Shape", "area", "edges", "one::Shape::outside"]),
        ("a.rs", RUST, ["early", "longest", "last"]),
        ("a.go", GO, ["Add", "Push"]),
        ("a.js", JAVASCRIPT, ["method", "main", "arrow", "size", "walk"]),
        ("a.py", PYTHON, ["method", "outer", "short", "later"]),
    ],
)
def test_functions_are_found(path, text, expected):
    assert names(path, text) == expected


@pytest.mark.parametrize(
    ("path", "text", "early"),
    [
        ("a.c", C, ["quick"]),
        ("a.cpp", CPP, ["edges"]),
        ("a.rs", RUST, ["early"]),
        ("a.h", "int f(int a) { return a; }", ["f"]),
    ],
)
def test_what_the_compiler_may_evaluate_is_marked(path, text, early):
    assert [f.name for f in functions(read(path, text)) if f.inline] == early


def test_a_function_is_what_is_between_its_braces():
    found = read("a.c", C)
    slow = functions(found)[1]
    assert found.text[slow.start - 1] == "{"
    assert found.text[slow.end] == "}"
    assert found.text[slow.start : slow.end].rstrip().endswith("return c;")


def test_a_blanked_text_keeps_every_line_and_byte():
    for path, text in (("a.c", C), ("a.cpp", CPP), ("a.rs", RUST), ("a.go", GO), ("a.py", PYTHON)):
        found = read(path, text)
        assert len(found.blank) == len(found.text)
        assert [len(line) for line in found.blank.split("\n")] == [
            len(line) for line in found.text.split("\n")
        ]


def test_comments_and_literals_are_blank():
    found = read("a.c", 'int a; // x < y\nchar *b = "p < q"; /* m\n< n */ int c;\n')
    assert "<" not in found.blank
    assert found.blank.split() == ["int", "a;", "char", "*b", "=", ";", "int", "c;"]


def test_bytes_that_are_no_utf8_survive():
    data = b"int f(void) { return '\xe9'; } /* \xff */\n"
    found = source("latin.c", data)
    assert found is not None
    assert found.text.encode("latin-1") == data


def test_python_that_does_not_parse_has_no_functions():
    assert names("a.py", "def broken(:\n    pass\n") == []


def test_a_warning_about_the_target_is_not_ours():
    assert names("a.py", "def f():\n    return '\\d'\n") == ["f"]


def test_braces_that_never_close_end_the_search():
    assert names("a.c", "int f(void) { if (1) { return 0; }\n") == []


def test_files_in_other_languages_are_left_alone():
    assert language("a.tex") is None
    assert source("a.txt", b"int f() { }") is None
    assert source("a.c", b"\0\1\2") is None
