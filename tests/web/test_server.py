"""`whet web` over a real socket: who is let in, what is answered, what is told as it happens."""

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from contextlib import closing

import pytest

from report.campaign import whole
from support.live import finished, running, serving
from support.typing_in import whet
from whet.model import event as happened

TOKEN = "a-token-nobody-guesses"


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """The whole story in a repository."""
    return finished(tmp_path_factory.mktemp("seen") / "target", "decode-cpu", whole().events)


@pytest.fixture(scope="module")
def address(campaign):
    with serving(campaign) as address:
        yield address


def asked(address, path="/", method="GET", **headers):
    """The answer to a request: its status, its headers, its text."""
    parts = urllib.parse.urlsplit(address)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)) as line:
        line.request(method, path, headers=named)
        answer = line.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()


def stream(address, since="") -> Iterator[dict]:
    """What the server tells, one by one."""
    parts = urllib.parse.urlsplit(address)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)) as line:
        line.request("GET", f"/events?since={since}")
        answer = line.getresponse()
        while text := answer.readline().decode():
            if text.startswith("data: {"):
                yield json.loads(text.removeprefix("data: "))


def test_the_page_is_there(address):
    status, headers, text = asked(address)
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert "+12.8" in text


def test_the_policy_is_in_the_headers_too(address):
    _, headers, _ = asked(address)
    rules = headers["content-security-policy"]
    assert rules.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in rules
    assert "unsafe" not in rules
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/events", "/api/v1/campaign"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8700", "10.0.0.1", "[::2]:80", ""])
def test_another_name_is_refused(address, path, host):
    assert asked(address, path, Host=host)[0] == 400


def test_the_names_of_this_machine_are_heard(address):
    port = urllib.parse.urlsplit(address).port
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert asked(address, Host=f"{host}:{port}")[0] == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_is_refused(address, method):
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        assert asked(address, "/api/v1/campaign", method, Origin=origin)[0] == 403


def test_a_page_elsewhere_cannot_load_anything_from_here(address):
    assert asked(address, "/api/v1/campaign", Sec_Fetch_Site="cross-site")[0] == 403
    led = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert asked(address, "/", **led)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(address, method):
    for path in ("/", "/events", "/api/v1/campaign", "/api/v1/experiments/E08"):
        assert asked(address, path, method)[0] == 405


def test_the_documents_are_those_of_the_command_line(address, campaign):
    for path, command in (
        ("campaign", ("status",)),
        ("experiments?verdict=kept", ("list", "--verdict", "kept")),
        ("experiments/e8", ("why", "E08")),
    ):
        status, headers, text = asked(address, f"/api/v1/{path}")
        assert (status, headers["content-type"]) == (200, "application/json")
        printed = whet(campaign, *command, "--json")
        assert json.loads(text) == json.loads(printed.out)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/experiments/E99", 404), ("/api/v1/experiments/..%2f..%2fetc", 404),
        ("/api/v1/experiments/E08/diff", 404), ("/api/v1/experiments?verdict=no", 400),
        ("/api/v1/experiments?wave=-1", 400), ("/nowhere", 404), ("//", 404),
    ],
)  # fmt: skip
def test_what_there_is_not_is_a_document_that_says_so(address, path, status):
    found, _, text = asked(address, path)
    assert found == status
    assert json.loads(text)["kind"] == "error"


def test_a_page_that_was_away_is_told_all_and_one_that_was_not_nothing(address):
    told = next(stream(address))
    assert told["title"].startswith("+12.8%")
    assert len(told["ex"]) == 20
    _, _, text = asked(address)
    assert f'"live":"{told["v"]}"' in text


def test_what_happens_is_told_as_it_happens_and_no_more(tmp_path):
    events = whole().events
    at = next(
        n for n, e in enumerate(events)
        if isinstance(e, happened.VerdictGiven) and e.experiment == "E08"
    )  # fmt: skip
    with running(tmp_path / "t", "decode-cpu", events[:at]) as run, serving(run.root) as address:
        news = stream(address)
        first = next(news)
        assert {e["i"] for e in first["ex"] if e["v"] == "kept"} == {"E03", "E05"}
        run.taking("E08", 7)
        told = next(news)
        assert set(told["html"]) == {"now"}
        assert "7 of 40 pairs" in told["html"]["now"]
        assert told["ex"] == []
        run.record(events[at])
        told = next(news)
        assert [(e["i"], e["v"]) for e in told["ex"]] == [("E08", "kept")]
        assert "7 of 40" not in told["html"]["now"]


def test_a_ledger_that_was_changed_is_told_and_what_was_read_stays(tmp_path):
    events = whole().events
    with running(tmp_path / "t", "decode-cpu", events[:40]) as run, serving(run.root) as address:
        news = stream(address)
        next(news)
        with (run.writer.folder / "events.jsonl").open("ab") as file:
            file.write(b"not a ledger line\n")
        told = next(news)
        assert "is not a ledger line" in told["html"]["attention"]
        assert "This page shows what was read before" in told["html"]["attention"]


def test_others_need_a_token(tmp_path, campaign):
    done = whet(campaign, "web", "--host", "0.0.0.0")
    assert done.code == 2
    assert "everyone who reaches 0.0.0.0 could read this campaign" in done.err
    assert "--token" in done.err
    short = whet(campaign, "web", "--host", "0.0.0.0", "--token", "short")
    assert short.code == 2
    assert "can be guessed" in short.err


def test_with_a_token_only_who_shows_it_is_let_in(campaign):
    with serving(campaign, "--host", "0.0.0.0", "--token", TOKEN) as address:
        assert address.endswith(f"/?token={TOKEN}")
        here = address.replace("0.0.0.0", "127.0.0.1")
        assert asked(here)[0] == 401
        assert asked(here, "/?token=wrong-token-of-length")[0] == 401
        assert asked(here, "/api/v1/campaign")[0] == 401
        status, headers, _ = asked(here, f"/?token={TOKEN}")
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert asked(here, Cookie=cookie.split(";")[0])[0] == 200
        assert asked(here, Authorization=f"Bearer {TOKEN}")[0] == 200
        assert asked(here, Authorization=f"Bearer {TOKEN}", Host="evil.example")[0] == 400


def test_a_port_that_is_taken_is_told(address, campaign):
    port = str(urllib.parse.urlsplit(address).port)
    done = whet(campaign, "web", "--port", port)
    assert done.code == 3
    assert "cannot listen on 127.0.0.1" in done.err
