"""Every reader that asks a service, and every way in which that service may misbehave."""

import json
import re

import pytest

from readers.inquiries import inquiry
from support import papers
from support.loopback import Says, serving
from whet.readers.competitors import Competitors
from whet.readers.door import Limits
from whet.readers.issues import Issues
from whet.readers.papers import Papers
from whet.steps.gather import ask

MISBEHAVIOUR = {
    "429": (Says(b"", 429, {"Retry-After": "7200"}), "429"),
    "500": (Says(b"", 500), "500"),
    "slow": (Says(b"x" * 100_000, trickle=True), "was not done after"),
    "malformed": (Says(b'\xff\x00{"<feed>'), "no JSON|no Atom feed|no list"),
    "huge": (Says(b" " * (33 << 20)), "sent more than|limit of"),
    "elsewhere": (Says(b"", 302, {"Location": "http://169.254.169.254/x"}), "is not followed"),
}  # fmt: skip
ISSUE = papers.issue(7, "Fuse rms_norm and mul", "One pass in rms_norm_f32: 15% faster.")
FINE = {
    "/search/issues": papers.issues(ISSUE),
    "/reviews": b"[]",
    "/comments": b"[]",
    "/readme": b"# N\n\nOur fused rms_norm_f32 is 2x faster than others.\n",
    "/releases": json.dumps([{"name": "v2", "body": "rms_norm_f32 is 30% faster.",
                              "html_url": "https://github.com/o/n/releases/tag/v2"}]).encode(),
    "api/query": papers.atom(papers.entry()),
    "pdf/": papers.pdf("Our fused norm kernels are 31% faster."),
    "/works": papers.works(papers.work(title="Another Fused Norm")),
    "paper/search": papers.scholar(papers.known(title="A Third Fused Norm")),
    "/repos/": b'{"license": {"spdx_id": "MIT"}}',
}  # fmt: skip
"""Answers in the shapes the services document, by a part of the path; the first that fits."""
ASKED = {
    "arXiv": (Papers, "api/query", {"queries": ("fused norm",)}),
    "a PDF of arXiv": (Papers, "pdf/", {"queries": ("fused norm",)}),
    "OpenAlex": (Papers, "/works", {"queries": ("fused norm",)}),
    "Semantic Scholar": (Papers, "paper/search", {"queries": ("fused norm",)}),
    "issues": (Issues, "/search/issues", {"repository": "o/n"}),
    "reviews": (Issues, "/reviews", {"repository": "o/n"}),
    "a README": (Competitors, "/readme", {"competitors": ("o/n",)}),
    "releases": (Competitors, "/releases", {"competitors": ("o/n",)}),
}


def read(a_door, who, said, deadline=20.0):
    """What the reader finds where one place answers like that and all others are fine."""
    reader, place, terms = ASKED[who]

    def says(heard):
        part = next((part for part in FINE if part in heard.path), "")
        return said if said is not None and part == place else Says(FINE.get(part, b"[]"))

    with serving(says) as server:
        door = a_door(server.url, limits=Limits(timeout=5.0, deadline=deadline))
        return ask(reader(door=door), inquiry(**terms)).findings


@pytest.mark.parametrize("how", MISBEHAVIOUR)
@pytest.mark.parametrize("who", ASKED)
def test_a_service_that_misbehaves_is_a_problem_and_never_evidence(a_door, who, how):
    said, why = MISBEHAVIOUR[how]
    if how == "malformed" and who in ("a README", "a PDF of arXiv"):
        why = "."  # a README may say anything, and a broken PDF is said to be one
    found = read(a_door, who, said, deadline=0.1 if how == "slow" else 20.0)
    if (how, who) != ("malformed", "a README"):
        assert any(re.search(why, problem) for problem in found.problems), found.problems
    assert all(len(problem) < 400 and "\n" not in problem for problem in found.problems)
    fine = {one.key for one in read(a_door, who, None).evidence}
    assert {one.key for one in found.evidence} <= fine


@pytest.mark.parametrize("who", ASKED)
def test_the_shapes_that_the_services_document_are_understood(a_door, who):
    found = read(a_door, who, None)
    assert found.evidence
    assert found.problems == ()
