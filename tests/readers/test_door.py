"""The one way to the network, against a server that misbehaves."""

import gzip
import socket
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from support.loopback import Says, serving
from whet.readers import answers
from whet.readers.answers import Unread
from whet.readers.door import Limits

SECRET = "s3cr3t-canary-0123456789"


def everything_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_second_run_transfers_no_body_again(a_door):
    def says(heard):
        same = heard.headers.get("if-none-match") == '"v1"'
        return Says(b"", 304) if same else Says(b'{"a": 1}', headers={"ETag": '"v1"'})

    with serving(says) as server:
        first = [a_door(server.url).get("github", f"/repos/{n}").json() for n in range(5)]
        assert (server.bodies, len(server.heard)) == (5, 5)
        second = [a_door(server.url).get("github", f"/repos/{n}").json() for n in range(5)]
    assert first == second == [{"a": 1}] * 5
    assert (server.bodies, len(server.heard)) == (5, 10)


def test_what_has_no_validator_is_good_for_a_day(a_door, clock):
    with serving(Says(b"[]")) as server:
        for _ in range(3):
            a_door(server.url).get("openalex", "/works", {"search": "gemm"})
        assert len(server.heard) == 1
        clock.at += 25 * 3600
        a_door(server.url).get("openalex", "/works", {"search": "gemm"})
        assert len(server.heard) == 2


def test_who_asks_for_time_gets_it_and_is_asked_once_more(a_door, clock):
    answers = [Says(b"", 429, {"Retry-After": "2"}), Says(b'{"ok": true}')]
    with serving(lambda _: answers.pop(0)) as server:
        assert a_door(server.url).get("github", "/x").json() == {"ok": True}
    assert 2.0 in clock.pauses
    assert len(server.heard) == 2


def test_who_asks_for_an_hour_is_left_alone_for_the_whole_run(a_door, clock):
    reset = str(int(clock.at) + 1800)
    limited = Says(b"", 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})
    with serving(limited) as server:
        door = a_door(server.url)
        for _ in range(3):
            with pytest.raises(Unread, match=r"30 minutes of rest.*GITHUB_TOKEN"):
                door.get("github", "/x")
    assert len(server.heard) == 1
    assert max(clock.pauses, default=0) < 60


def test_arxiv_is_not_asked_again_when_it_is_busy(a_door):
    with serving(Says(b"", 503)) as server:
        door = a_door(server.url)
        for path in ("/api/query", "/pdf/1"):
            with pytest.raises(Unread, match="answered 503"):
                door.get("arxiv", path)
    assert len(server.heard) == 1


def test_all_processes_of_a_user_share_the_gap_of_a_host(a_door, clock):
    with serving(lambda heard: Says(b"[]")) as server:
        one, other = a_door(server.url), a_door(server.url)
        for number in range(4):
            (one, other)[number % 2].get("arxiv", f"/api/query/{number}")
    assert [round(pause, 3) for pause in clock.pauses] == [3.0, 3.0, 3.0]


ASKS = """\
import sys, time
from pathlib import Path
from whet.clock import SystemClock
from whet.readers.answers import Answers
from whet.readers.door import Door, Limits
from whet.readers.manners import Manners
from whet.readers.services import services
url, folder, *names = sys.argv[1:]
door = Door(
    answers=Answers(Path(folder, names[0])), clock=SystemClock(),
    services=services({}, {"arxiv": url}),
    manners=Manners(folder=Path(folder, "hosts"), clock=SystemClock(), pause=time.sleep),
    mode="live", limits=Limits(), recorded={}, pause=time.sleep,
)
for name in names:
    door.get("arxiv", "/api/query/" + name)
door.close()
"""


@pytest.mark.slow
def test_two_processes_at_once_never_break_the_gap_of_arxiv(tmp_path):
    heard = []

    def says(_):
        heard.append(time.monotonic())
        return Says(b"<feed/>")

    with serving(says) as server:
        argv = [sys.executable, "-c", ASKS, server.url, str(tmp_path)]
        asking = [subprocess.Popen([*argv, *names]) for names in (("a", "b"), ("c", "d"))]
        assert [process.wait() for process in asking] == [0, 0]
    assert len(heard) == 4
    assert min(later - sooner for sooner, later in pairwise(heard)) > 2.99  # lower bounds only


@pytest.mark.parametrize(("said", "why"), [
    (Says(b"", 500), "answered 500, twice"),
    (Says(b"x" * 4096), "sent more than 1000 bytes"),
    (Says(gzip.compress(b"x" * 10**6), headers={"Content-Encoding": "gzip"}), "sent more than"),
    (Says(b"no gzip", headers={"Content-Encoding": "gzip"}), "cannot be read: DecodingError"),
    (Says(b"{}", cut=True), "cannot be read: RemoteProtocolError"),
    (Says(b"", 401), "does not accept the key"),
    (Says(b"", 404), "has no such thing"),
    (Says(b"", 451), "answered 451"),
    (Says(b"", 302, {"Location": "/again"}), "redirects in circles"),
    (Says(b"", 302, {"Location": "https://example.org/x"}), "example.org, which is not followed"),
    (Says(b"", 302, {"Location": "file:///etc/passwd"}), "nowhere, which is not followed"),
    (Says(b"", 302), "nowhere|not followed"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_a_bad_answer_is_one_sentence(a_door, said, why):
    with serving(said) as server, pytest.raises(Unread, match=why):
        a_door(server.url).get("github", "/x", most=1000)


def test_an_answer_that_never_ends_is_left(a_door):
    slow = Limits(timeout=5.0, deadline=0.1)
    with (
        serving(Says(b"x" * 100_000, trickle=True)) as server,
        pytest.raises(Unread, match=r"was not done after 0\.1 s"),
    ):
        a_door(server.url, limits=slow).get("github", "/x")


def test_a_server_that_says_nothing_is_left_and_not_tried_again(a_door):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        door = a_door(url, limits=Limits(timeout=0.2))
        for _ in range(2):
            with pytest.raises(Unread, match=r"did not answer in 0\.2 s"):
                door.get("github", "/x")
        assert door.spent.requests == 1


def test_nobody_at_home_is_one_sentence(a_door):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unread, match="cannot be reached"):
        a_door(url).get("github", "/x")


def test_something_that_is_no_json_is_said_so(a_door):
    with serving(Says(b"<html>")) as server:
        answer = a_door(server.url).get("github", "/x")
    with pytest.raises(Unread, match="no JSON"):
        answer.json()


def test_limits_of_a_run_hold(a_door):
    with serving(Says(b"x" * 2_000_000)) as server:
        door = a_door(server.url, limits=Limits(requests=2))
        for number in range(2):
            door.get("github", f"/{number}")
        with pytest.raises(Unread, match="limit of 2 requests"):
            door.get("github", "/2")
        with pytest.raises(Unread, match="limit of 1 MB"):
            a_door(server.url, limits=Limits(megabytes=1.0)).get("github", "/3")


def test_a_secret_goes_to_its_origin_and_into_no_file(a_door, tmp_path):
    def says(heard):
        if heard.path == "/moved":
            return Says(b"", 301, {"Location": other.url + "/there"})
        return Says(f"you sent {heard.headers.get('authorization')}".encode())

    environ = {"GITHUB_TOKEN": SECRET}
    with serving(Says(b"elsewhere")) as other, serving(says) as server:
        door = a_door(server.url, environ=environ, trusted=True)
        answer = door.get("github", "/x")
        assert server.heard[0].headers["authorization"] == f"Bearer {SECRET}"
        with pytest.raises(Unread, match="not followed"):
            door.get("github", "/moved")
        # another service may be redirected to, and hears no secret of the first
        arxiv = replace(door.services["arxiv"], url=other.url)
        door.services = {**door.services, "arxiv": arxiv}
        assert door.get("github", "/moved").body == b"elsewhere"
        assert "authorization" not in other.heard[0].headers
    assert answer.body == b"you sent Bearer [secret]"
    stored = everything_in(tmp_path) + answers.write(door.journal)
    assert b"you sent" in stored
    assert SECRET.encode() not in stored
    assert SECRET not in repr(door)


def test_a_secret_in_the_query_is_in_no_file_and_no_error(a_door, tmp_path):
    environ = {"OPENALEX_API_KEY": SECRET}
    with serving(Says(b"", 404)) as server:
        door = a_door(server.url, environ=environ)
        assert door.services["openalex"].secret == "", "an address from a file gets no secret"
        own = replace(door.services["openalex"], secret=SECRET)
        door.services = {**door.services, "openalex": own}
        with pytest.raises(Unread) as told:
            door.get("openalex", "/works", {"search": "a b"})
    assert server.heard[0].path == f"/works?search=a%20b&api_key={SECRET}"
    assert SECRET not in str(told.value)
    assert SECRET.encode() not in everything_in(tmp_path) + answers.write(door.journal)


def test_offline_reads_what_was_read_and_opens_no_socket(a_door):
    with serving(Says(b"[1]")) as server:
        a_door(server.url).get("github", "/known")
        url = server.url
        heard = len(server.heard)
        door = a_door(url, mode="offline")
        assert door.get("github", "/known").json() == [1]
        with pytest.raises(Unread, match=f"{url}/unknown was never read"):
            door.get("github", "/unknown")
        assert len(server.heard) == heard


def test_a_recorded_run_is_told_the_same_again_failures_included(a_door, clock):
    told = [Says(b"old"), Says(b"", 404), Says(b"new")]
    with serving(lambda _: told.pop(0)) as server:
        door = a_door(server.url)
        door.get("github", "/a")
        with pytest.raises(Unread) as first:
            door.get("github", "/b")
        clock.at += 25 * 3600
        assert a_door(server.url).get("github", "/a").body == b"new"
        url = server.url
    recorded = answers.read(answers.write(door.journal))
    again = a_door(url, mode="replay", recorded=recorded)
    assert again.get("github", "/a").body == b"old"
    with pytest.raises(Unread, match="no such thing") as second:
        again.get("github", "/b")
    assert str(first.value) == str(second.value)
    with pytest.raises(Unread, match="never asked"):
        again.get("github", "/c")


def test_a_damaged_answer_is_not_believed(a_door, tmp_path):
    with serving(Says(b"[1, 2, 3]")) as server:
        a_door(server.url).get("github", "/x")
        body = next(p for p in (tmp_path / "cache" / "bodies").rglob("*") if p.is_file())
        body.write_bytes(b"[9]")
        with pytest.raises(Unread, match="is not whole"):
            a_door(server.url, mode="offline").get("github", "/x")
