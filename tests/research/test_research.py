"""`whet research` from the outside, against a GitHub on this machine."""

import json

import pytest

from support.loopback import Says
from whet.ledger import log
from whet.ledger.blobs import Blobs
from whet.places import campaign_folder
from whet.plan.replay import replay
from whet.steps.gather import stands


def state_of(project):
    return replay(log.read(campaign_folder(project.root, "seconds")))


def test_the_plan_reads_nothing_and_says_what_it_takes(project, services):
    told = project.json("research", "--plan")
    assert services.heard == []
    assert not (project.root / ".whet" / "campaigns").exists()
    by_name = {one["reader"]: one["errands"] for one in told["readers"]}
    assert list(by_name) == ["issues", "documents", "competitors", "conventions"]
    assert by_name["competitors"][0]["problem"] == "none is named"
    assert by_name["issues"][0]["effort"]["requests"] > 0
    assert "Nothing was read" in project.whet("research", "--plan").stdout


def test_every_idea_cites_evidence_whose_quote_stands_in_what_was_read(project):
    told = project.json("research")
    state = state_of(project)
    blobs = Blobs(campaign_folder(project.root, "seconds") / "blobs")
    assert {idea["title"] for idea in told["ideas"]} >= {"Fuse rms_norm and mul"}
    for idea in state.ideas.values():
        assert idea.evidence
        assert set(idea.evidence) <= state.evidence.keys()
    assert state.evidence
    assert all(stands(one, blobs) for one in state.evidence.values())
    assert [one["reader"] for one in told["readers"]] == [
        "issues", "documents", "competitors", "conventions",
    ]  # fmt: skip


def test_a_corrupted_document_is_found_out(project):
    project.whet("research")
    state = state_of(project)
    folder = campaign_folder(project.root, "seconds") / "blobs"
    one = next(e for e in state.evidence.values() if e.digest)
    path = folder / one.digest[:2] / one.digest[2:]
    path.write_bytes(path.read_bytes().replace(b"a", b"b"))
    assert not stands(one, Blobs(folder))


def test_reading_again_finds_nothing_new_and_transfers_no_search_again(project, services):
    project.whet("research")
    before = state_of(project)
    bodies = len([one for one in services.heard if "/search" in one.path])
    told = project.json("research")
    after = state_of(project)
    assert (before.evidence, before.ideas) == (after.evidence, after.ideas)
    assert [one["evidence"] for one in told["readers"]] == [0, 0, 0, 0]
    again = [one for one in services.heard if "/search" in one.path][bodies:]
    assert {one.headers.get("if-none-match") for one in again} == {'"1"'}


def test_the_order_of_the_sources_changes_nothing(project):
    project.whet("research", "--sources", "conventions,documents,issues", "--campaign", "one")
    project.whet("research", "--sources", "issues,documents,conventions", "--campaign", "two")
    one, two = (replay(log.read(campaign_folder(project.root, name))) for name in ("one", "two"))
    assert (one.evidence, one.ideas, one.order) == (two.evidence, two.ideas, two.order)


def test_a_reading_is_repeated_byte_for_byte_without_a_socket(project, services):
    project.whet("research", "--sources", "issues,documents,conventions")
    heard = len(services.heard)
    told = project.json("research", "replay")
    assert [one["outcome"] for one in told["readings"]] == ["same", "same", "same"]
    assert len(services.heard) == heard
    (project.root / "notes" / "a.md").write_text("# Norms\n\nrms norm fusion: 1% faster.\n")
    told = project.json("research", "replay", code=7)
    assert [one["outcome"] for one in told["readings"]] == ["same", "differs", "same"]


def test_offline_reads_what_was_read_and_says_what_was_not(project, services):
    project.whet("research", "--sources", "issues", code=0)
    heard = len(services.heard)
    told = project.json("research", "--offline", "--campaign", "other", "--sources", "issues")
    assert len(services.heard) == heard
    assert told["evidence"] > 0
    missing = project.whet("research", "--offline", "--campaign", "third", "--sources", "issues",
                           "--as-of", "2026-01-01", code=4)  # fmt: skip
    assert "was never read" in missing.stderr
    assert len(services.heard) == heard


def test_what_was_published_later_or_is_excluded_is_never_seen(project):
    project.whet("research", "--sources", "issues", "--as-of", "2026-04-07",
                 "--exclude", "pr:o/n#7")  # fmt: skip
    state = state_of(project)
    seen = json.dumps([one.key for one in state.evidence.values()])
    assert "#8" in seen
    assert "#7" not in seen
    assert "#9" not in seen
    assert "prefetch" not in project.whet("search", "prefetch").stdout


def test_no_token_is_in_any_byte_on_disk(project, tmp_path):
    project.whet("research")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if b"canary-token" in path.read_bytes()] == []


def test_when_everything_is_down_the_command_fails_and_says_why(project, services):
    from support.loopback import Says

    services.says = lambda _: Says(b"", 500)
    done = project.whet("research", "--sources", "issues", code=4)
    assert "nothing could be read" in done.stderr
    assert "500" in done.stderr
    done = project.whet("research", "--sources", "issues,documents")
    assert "! 127.0.0.1" in done.stderr


@pytest.mark.parametrize(("args", "said"), [
    (("research", "--sources", "paper"), "no reader `paper`"),
    (("research", "--as-of", "yesterday"), "is no date"),
    (("research", "replay"), "no campaign here yet"),
    (("search", "x"), "nothing was read here yet"),
    (("search", "--", "-"), "no word to search for"),
])  # fmt: skip
def test_a_mistake_is_one_sentence_with_a_hint(project, args, said):
    done = project.whet(*args, code=3 if "yet" in said else 2)
    assert said in done.stderr
    assert "whet" in done.stderr.splitlines()[-1]


def test_what_was_read_can_be_searched_by_parts_of_identifiers(project):
    project.whet("research")
    (first, *_) = project.json("search", "rmsNorm", "mul")["hits"]
    assert first["title"] == "Fuse rms_norm and mul"
    assert "15% faster" in first["excerpt"]


def test_ideas_are_shown_with_quotes_moved_dropped_and_opened_again(project):
    project.whet("research")
    shown = project.whet("ideas", "show", "1").stdout
    assert "> " in shown
    assert "S0" in shown
    names = [one["id"] for one in project.json("ideas")["ideas"]]
    assert len(names) >= 2
    project.whet("ideas", "move", names[-1], "1")
    assert project.json("ideas")["ideas"][0]["id"] == names[-1]
    project.whet("ideas", "drop", names[-1], "--reason", "no")
    assert names[-1] not in [one["id"] for one in project.json("ideas")["ideas"]]
    assert project.whet("ideas", "open", names[-1], code=2).stderr
    project.whet("ideas", "open", names[-1], "--reason", "yes")
    assert project.json("ideas")["ideas"][0]["id"] == names[-1]
    assert "no idea I99" in project.whet("ideas", "show", "I99", code=2).stderr


def test_which_research_paid_is_in_status_and_json(project):
    project.whet("research")
    rows = {one["reader"]: one for one in project.json("status")["research"]}
    assert rows["issues"]["evidence"] >= 2
    assert rows["issues"]["ideas"] >= 1
    assert rows["issues"]["requests"] > 0
    assert (rows["issues"]["tried"], rows["issues"]["predicted"]) == (0, None)


def test_instructions_in_a_document_are_shown_as_a_quote_and_obeyed_by_nobody(project, tmp_path):
    project.whet("research")
    state = state_of(project)
    attack = next(one for one in state.evidence.values() if "40%" in one.quote)
    project.whet("ideas", "add", "fuse", "--evidence", attack.id)
    idea = next(one for one in project.json("ideas")["ideas"] if one["title"] == "fuse")
    shown = project.whet("ideas", "show", idea["id"]).stdout
    for raw in ("\u202e", "\x1b", "\x07", "\u200b"):
        assert raw not in shown
    assert "<U+202E>" in shown
    quoted = [line for line in shown.splitlines() if "40% faster" in line]
    assert quoted
    assert all(line.startswith("    > ") for line in quoted)
    found = project.whet("search", "instructions").stdout
    assert "\x1b" not in found
    assert not (tmp_path / "canary").exists()


def test_a_source_that_is_gone_is_marked_and_its_quote_stays(project, services):
    project.whet("research")
    answers = services.says
    gone = Says(b"", 404, headers={"ETag": '"gone"'})
    services.says = lambda heard: gone if heard.path.endswith("/issues/7") else answers(heard)
    said = project.whet("report", "--links", "--out", "../gone").stderr
    (lost,) = [one for one in state_of(project).evidence.values() if one.gone]
    assert lost.locator.endswith("/o/n/pull/7")
    assert f"{lost.id} is gone since {lost.gone}: {lost.locator}" in said
    folder = project.root.parent / "gone"
    text = (folder / "report.md").read_text()
    (row,) = [line for line in text.splitlines() if "gone since" in line]
    assert row.startswith(f"- [{lost.id} ")
    assert "15% faster on zen4" in text
    assert f"gone since {lost.gone}" in (folder / "index.html").read_text()
    told = json.loads((folder / "report.json").read_text())["evidence"]
    assert [one["id"] for one in told if one["gone"]] == [lost.id]

    services.says = answers
    project.whet("report", "--links", "--out", "../back")
    assert "gone since" not in (project.root.parent / "back" / "report.md").read_text()


def test_no_address_is_asked_for_where_no_network_is_wanted(project, services):
    project.whet("research", "--set", "research.offline=true")
    project.whet("report", "--links", code=3)
    assert services.heard == []
