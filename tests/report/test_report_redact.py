import json

import pytest

from report.campaign import finished
from whet.report import document
from whet.report.redact import redact, secrets

LETTERS = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3Ab4Cd5Ef6Gh7Ij8"

TOKENS = {
    "an AWS access key": "AKIA" + "IOSFODNN7ABCDEFG",
    "a GitHub token": "ghp_" + LETTERS[:36],
    "a GitLab token": "glpat-" + LETTERS[:20],
    "an API key": "sk-" + "proj-" + LETTERS[:32],
    "a Google API key": "AIza" + LETTERS[:35],
    "a Slack token": "xoxb-" + "1234567890-" + LETTERS[:12],
    "a Stripe key": "sk_" + "live_" + LETTERS[:24],
    "a Hugging Face token": "hf_" + LETTERS[:34],
    "an npm token": "npm_" + LETTERS[:36],
    "a PyPI token": "pypi-" + LETTERS,
    "a JSON web token": "eyJ" + LETTERS[:12] + ".eyJ" + LETTERS[:12] + "." + LETTERS[:12],
    "a private key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "a password in an address": "https://ana:" + "hunter22" + "@git.lab/x.git",
    "an authorization header": "Authorization: Bearer " + LETTERS[:20],
    "a password or key": "API_KEY=" + LETTERS[:16],
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_secret_is_found_and_not_repeated(kind):
    found = secrets(f"first line\nerror: {TOKENS[kind]} is wrong\n")
    assert [(finding.kind, finding.line) for finding in found] == [(kind, 2)]
    assert TOKENS[kind] not in str(found[0])


@pytest.mark.parametrize("kind", TOKENS)
def test_a_secret_inside_json_is_found(kind):
    told = json.dumps({"log": f"x {TOKENS[kind]} y\nz", "other": 'a "quoted" thing'})
    assert [finding.kind for finding in secrets(told)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "commit b4c1f02a" + "0" * 32,
        "sha256 " + "9d1f" * 16,
        "export API_KEY=$API_KEY",
        "password: <your password here>",
        'token = "********************"',
        "tokens_per_second=41.37123456",
        "secret: changeme123",
        "the tokeniser: keyword1234567",
        "https://user:${PASSWORD}@host.example/x",
        "ssh://git@host.example:2222/x",
        "password: correcthorse",
        "skipped sk-learn, task-based and risk-free things",
        "sk-a-name-that-is-long-but-has-no-digit-in-it",
    ],
)
def test_what_is_no_secret_is_left_alone(text):
    assert secrets(text) == ()


def test_a_whole_report_holds_no_secret():
    told = json.dumps(document.report(finished(), "9d1f" * 16, {"ab" * 32: "diff --git a b\n"}))
    assert secrets(told) == ()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/ana/src/x.c:12: error", "~/src/x.c:12: error"),
        ("at /Users/ana/src", "at ~/src"),
        ("in C:\\Users\\ana\\src", "in ~\\src"),
        ("/root/x and /srv/jobs/ana/y", "~/x and ~/y"),
        ("/rooted /srv/jobs/anabel", "/rooted /srv/jobs/anabel"),
        ("-I/root/include -L/home/bob/lib", "-I~/include -L~/lib"),
        ("docs/root/page", "docs/root/page"),
        ("'/home/ana'", "'~'"),
        ("docs/home/page", "docs/home/page"),
    ],
)
def test_homes_become_a_tilde(text, clean):
    assert redact(text, homes=("/root", "/srv/jobs/ana/")) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("on build7.lab.example now", "on host1 now"),
        ("on BUILD7: slow", "on host1: slow"),
        ("build77 and rebuild7", "build77 and rebuild7"),
        ("http://box-3.lab/x", "http://host2/x"),
        ('{"host": "bench", "bench": "bench"}', '{"host": "host3", "bench": "bench"}'),
        ("ssh ana@bench", "ssh ana@host3"),
        ("run the bench on localhost", "run the bench on localhost"),
    ],
)
def test_hosts_get_numbers(text, clean):
    hosts = ("build7.lab.example", "localhost", "box-3.lab", "bench")
    assert redact(text, hosts=hosts) == clean


def test_a_redacted_report_is_still_the_same_document():
    told = document.report(finished(), "0" * 64)
    text = json.dumps(told)
    assert "build7" in text
    clean = redact(text, hosts=("build7.lab.example", "config"), homes=("/", ""))
    assert "build7" not in clean
    assert json.loads(clean).keys() == told.keys()
    assert json.loads(clean)["calibrations"][0]["fingerprint"]["host"] == "host1"


def test_redacting_twice_changes_nothing_more():
    once = redact("/home/ana/x on build7.lab.example", hosts=("build7.lab.example",))
    assert redact(once, hosts=("build7.lab.example",)) == once == "~/x on host1"
