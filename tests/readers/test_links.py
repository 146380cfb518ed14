"""Whether an address that evidence has still leads to something."""

import pytest

from support.loopback import Says, serving
from whet.readers import links

COMMIT = "https://github.com/o/n/commit/0123456789abcdef"


@pytest.mark.parametrize(
    ("locator", "asked"),
    [
        (COMMIT, "/repos/o/n/commits/0123456789abcdef"),
        ("https://github.com/o/n/pull/7", "/repos/o/n/issues/7"),
        ("https://github.com/o/n/issues/7#issuecomment-1", "/repos/o/n/issues/7"),
        ("https://github.com/o/n/releases/tag/v1.2", "/repos/o/n/releases/tags/v1.2"),
        ("https://arxiv.org/abs/2205.14135", "/abs/2205.14135"),
    ],
)
def test_whoever_keeps_an_address_is_asked_for_it(locator, asked, a_door):
    with serving(Says(b"{}")) as server:
        assert links.look(a_door(server.url), locator) == ("there", "")
        assert [heard.path for heard in server.heard] == [asked]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_gone(status, a_door):
    with serving(Says(b"", status)) as server:
        seen, why = links.look(a_door(server.url), COMMIT)
    assert seen == "gone"
    assert COMMIT.rpartition("/")[2] in why


@pytest.mark.parametrize("status", [401, 403, 500])
def test_who_does_not_tell_says_nothing_about_the_address(status, a_door):
    with serving(Says(b"", status)) as server:
        assert links.look(a_door(server.url), COMMIT)[0] == "unknown"


def test_a_service_that_is_away_says_nothing_about_the_address(a_door):
    with serving(Says()) as server:
        door = a_door(server.url)
    assert links.look(door, COMMIT)[0] == "unknown"
    assert links.look(a_door(server.url, mode="offline"), COMMIT)[0] == "unknown"


@pytest.mark.parametrize(
    "locator",
    ["src/a.c:7", "https://example.org/a", "https://github.com.evil.example/o/n/pull/7", "",
     "https://github.com/o/n/pull/seven", "https://doi.org/10.1/x"],
)  # fmt: skip
def test_nobody_is_asked_for_any_other_address(locator, a_door):
    with serving(Says()) as server:
        assert links.look(a_door(server.url), locator) == ("unknown", "")
        assert server.heard == []
