"""The one line of an output that says why."""

from pathlib import Path

import pytest

from whet.trial.bench import complaint

TREE = Path("/tmp/trial/b")

LINKING = """\
[ 50%] Linking C executable cmark
/usr/bin/ld: libcmark.a(buffer.c.o): in function `cmark_strbuf_sets':
buffer.c:(.text+0x2dc): undefined reference to `cmark_round_up_pow2'
collect2: error: ld returned 1 exit status
make: *** [Makefile:146: all] Error 2
"""
COMPILING = """\
/tmp/trial/b/src/a.c: In function 'f':
/tmp/trial/b/src/a.c:7:9: error: 'x' undeclared
make: *** [Makefile:3: all] Error 1
"""


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (LINKING, "buffer.c:(.text+0x2dc): undefined reference to `cmark_round_up_pow2'"),
        (COMPILING, "src/a.c:7:9: error: 'x' undeclared"),
        ("error: cannot open it\n", "cannot open it"),
        ("12 passed\nFAIL spec\nbye\n", "FAIL spec"),
        ("one\ntwo\n\n", "two"),
        ("", ""),
    ],
)
def test_the_line_that_tells_most_is_the_reason(output, reason):
    assert complaint(output, TREE) == reason
