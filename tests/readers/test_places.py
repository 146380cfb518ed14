"""Documents of the user's own, competitors, conventions."""

import json
from dataclasses import replace

import pytest

from readers.inquiries import inquiry
from support import papers
from support.loopback import Says, serving
from support.repos import commit, user_git
from whet.git.store import open_store
from whet.plan.card import LINES, card
from whet.readers.competitors import Competitors
from whet.readers.conventions import Conventions
from whet.readers.documents import Documents
from whet.steps.gather import ask, stands

NOTE = "# Norms\n\nFusing rms_norm_f32 with the multiplication is 12% faster.\n"


def asked(reader, root, **terms):
    about = inquiry(root, **terms)
    return about, ask(reader, about).findings


def test_every_kind_of_document_is_read_and_quoted(tmp_path):
    notes = tmp_path / "notes"
    (notes / "deep").mkdir(parents=True)
    (notes / "a.md").write_text(NOTE)
    (notes / "deep" / "b.html").write_text(
        "<html><head><title>x</title><script>alert('rms norm faster')</script></head>"
        "<body><h1>Fused rms norm f32</h1><p>The optimization is <b>30%</b> faster.</p></body>"
    )
    (notes / "c.pdf").write_bytes(papers.pdf("rms norm f32 optimization is 21% faster here."))
    (notes / "d.txt").write_text("Nothing about that at all.\n")
    about, findings = asked(Documents(), tmp_path, documents=("notes",))
    claims = {one.locator: one.claims[0].gain for one in findings.evidence}
    assert claims == {"notes/a.md": 0.12, "notes/deep/b.html": 0.3, "notes/c.pdf": 0.21}
    assert all(stands(one, about.shelf) for one in findings.evidence)
    assert len(findings.documents) == 4
    assert "alert" not in "".join(one.text for one in findings.documents)


def test_a_note_that_reports_a_gain_counts_also_in_words_nobody_looked_for(tmp_path):
    (tmp_path / "a.md").write_text("# Tables\n\nA table of bytes was 8% faster than branches.\n")
    (tmp_path / "b.md").write_text("# Tables\n\nA table of bytes needs less code.\n")
    _, findings = asked(Documents(), tmp_path, documents=(".",))
    assert [(one.locator, one.claims[0].gain) for one in findings.evidence] == [("a.md", 0.08)]


def test_what_cannot_be_read_is_a_problem_and_the_rest_counts(tmp_path):
    (tmp_path / "a.md").write_text(NOTE)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 no")
    (tmp_path / "c.txt").write_bytes(b"\0" * 5000)
    (tmp_path / "link.md").symlink_to("/etc/passwd")
    _, findings = asked(Documents(), tmp_path, documents=(".",))
    assert [one.locator for one in findings.evidence] == ["a.md"]
    assert sorted(problem.split(" ")[0] for problem in findings.problems) == ["b.pdf", "c.txt"]


def test_the_same_bytes_are_the_same_evidence_wherever_they_lie(tmp_path):
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.md").write_text(NOTE)
        _, findings = asked(Documents(), tmp_path / name, documents=(".",))
        found.append([(one.key, one.quote, one.span) for one in findings.evidence])
    assert found[0] == found[1] != []


def test_a_folder_that_is_not_there_is_in_the_plan(tmp_path):
    (errand,) = Documents().plan(inquiry(tmp_path, documents=("papers",)))
    assert (errand.problem, errand.hint) == ("papers is not there", "mkdir -p papers")
    (errand,) = Documents().plan(inquiry(tmp_path))
    assert "research.documents" in errand.hint


def test_a_competitor_on_github_is_read_with_its_licence(a_door, tmp_path):
    def says(heard):
        if heard.path.startswith("/repos/o/n/readme"):
            return Says(b"# N\n\nOur fused rms_norm_f32 is 2x faster than others.\n")
        if heard.path.startswith("/repos/o/n/releases"):
            note = {
                "name": "v2",
                "body": "The hash table is 30% faster.",
                "published_at": "2025-01-01T00:00:00Z",
                "html_url": "https://github.com/o/n/releases/tag/v2",
            }
            return Says(json.dumps([note, "odd"]).encode())
        if heard.path.startswith("/search"):
            return Says(papers.issues(papers.issue(3, "Speed up rms", "prefetch: 4% faster")))
        return Says(b'{"license": {"spdx_id": "GPL-3.0"}}')

    with serving(says) as server:
        about, findings = asked(
            Competitors(door=a_door(server.url)), tmp_path, competitors=("o/n",)
        )
    assert {one.key for one in findings.evidence} == {
        "readme:o/n", "release:o/n/releases/tag/v2", "pr:o/n#3"
    }  # fmt: skip
    assert {one.licence for one in findings.evidence} == {"GPL-3.0"}
    assert {one.copy_ok for one in findings.evidence} == {"idea-only"}
    assert all(stands(one, about.shelf) for one in findings.evidence)


def test_a_competitor_may_be_a_clone_and_needs_no_network_then(a_door, tmp_path):
    (tmp_path / "other" / "docs").mkdir(parents=True)
    (tmp_path / "other" / "README.md").write_text("We are 3x faster at rms norm.\n")
    (tmp_path / "other" / "docs" / "perf.md").write_text("Tiling made rms_norm_f32 faster.\n")
    root = tmp_path / "mine"
    root.mkdir()
    with serving(Says(b"")) as server:
        _, findings = asked(
            Competitors(door=a_door(server.url)), root, competitors=("../other", "what is this")
        )
        assert server.heard == []
    assert {one.locator for one in findings.evidence} == {
        "../other/README.md", "../other/docs/perf.md"
    }  # fmt: skip


CONTRIBUTING = """\
# Contributing

- You must run `make test` and clang-format before you open a pull request.
- Benchmarks are required for performance changes.
- We like cats.

Pull requests that are predominantly written by AI are not accepted.
"""


def test_conventions_become_a_card_of_at_most_thirty_lines(tmp_path, a_store):
    files = {"CONTRIBUTING.md": CONTRIBUTING, ".github/CODEOWNERS": "# x\n*.c @nobody\n"}
    files["docs/contributing-long.md"] = "".join(
        f"- Commit {n} must have tests.\n" for n in range(99)
    )
    store, made = a_store(files)
    about = replace(inquiry(tmp_path), base=made)
    findings = ask(Conventions(store=store), about).findings
    assert all(stands(one, about.shelf) for one in findings.evidence)
    lines = card(findings.evidence)
    assert len(lines) <= LINES
    text = "\n".join(lines)
    assert "You must run `make test` and clang-format" in text
    assert "predominantly written by AI are not accepted" in text
    assert "This project" in lines[0]
    assert "cats" not in text
    assert "*.c @nobody" in text


@pytest.fixture
def a_store(tmp_path):
    def make(files):
        root = tmp_path / "project"
        root.mkdir()
        user_git(root, "init", "--quiet")
        made = commit(root, files)
        return open_store(tmp_path / "store.git", borrow=root / ".git"), made

    return make
