"""Which ideas are not worth a try, and what would open them again."""

from dataclasses import replace

import pytest

from whet.model import event as happened
from whet.model import reading
from whet.model.idea import Claim, Evidence, Idea, Ruling
from whet.model.research import Findings, RuledOut
from whet.plan.bounds import path
from whet.plan.gates import Facts, Hot, bounded, facts, on_path, plain, ruling
from whet.plan.intake import idea_key, sorted_out, taken
from whet.plan.ranking import ranked, terms
from whet.plan.replay import apply
from whet.plan.state import State

DECODE = path([
    Hot(name="gemv_q4(float*)", share=0.95, limit="bandwidth", used=0.98),
    Hot(name="rms_norm", share=0.03),
])  # fmt: skip
SIBLING = Evidence(id="S01", key="parity:x", reader="backends", kind="sibling", locator="a.cu:1",
                   quote="fused", copy_ok="yes")  # fmt: skip
KNOWN = Facts(hot=DECODE, covered=0.98, evidence={"S01": SIBLING}, detectable=0.002, failed={})


def idea(**more):
    return Idea(
        **{"id": "I01", "title": "an idea", "evidence": ("S01",), "source": "agent", **more}
    )


def code(one, known=KNOWN):
    found = ruling(one, known)
    assert found is None or (found.reason and found.reopen_if)
    return found.code if found else None


def test_computing_differently_is_ruled_out_at_the_ceiling_and_moving_less_is_not():
    for technique in ("vectorise", "unroll", "prefetch"):
        assert code(idea(functions=("gemv_q4",), technique=technique)) == "bandwidth-ceiling"
    assert code(idea(functions=("gemv_q4",), technique="fewer-bytes")) is None
    assert code(idea(functions=("gemv_q4",), technique="")) is None


def test_a_loop_far_from_the_ceiling_may_be_vectorised():
    slow = replace(KNOWN, hot=path([Hot(name="gemv_q4", share=0.95, limit="bandwidth", used=0.4)]))
    assert code(idea(functions=("gemv_q4",), technique="vectorise"), slow) is None


def test_a_fusion_is_worth_what_it_absorbs():
    fused = idea(functions=("gemv_q4", "rms_norm"), technique="fusion")
    assert bounded(fused, KNOWN) == pytest.approx(0.03 / 0.97)
    assert code(fused, replace(KNOWN, detectable=0.05)) == "below-noise"


def test_below_the_noise_says_to_measure_the_operation():
    found = ruling(idea(functions=("rms_norm",)), replace(KNOWN, detectable=0.2))
    assert found.code == "below-noise"
    assert "benchmark of that operation alone" in found.reason


def test_what_the_profile_does_not_show_is_off_the_path_if_the_profile_explains_enough():
    other = idea(functions=("parse_args",))
    assert code(other) == "off-path"
    assert code(other, replace(KNOWN, covered=0.5)) is None
    assert code(idea(functions=())) is None


def test_ideas_of_agents_need_evidence_and_those_of_a_person_do_not():
    assert code(idea(evidence=("S99",))) == "no-evidence"
    assert code(idea(evidence=(), source="user")) is None
    assert code(idea(evidence=()), replace(KNOWN, require_source=False)) is None


def test_what_failed_is_not_tried_again_in_other_words_until_the_difference_is_said():
    tried = idea(id="I00", title="Unroll the gemv loop by four", technique="unroll",
                 functions=("ns::gemv_q4<int>(char*)",))  # fmt: skip
    known = replace(KNOWN, failed={"I00": (tried, "E01")}, covered=0.0, hot={})
    again = idea(title="More unrolling", technique="unroll", functions=("gemv_q4",))
    assert code(again, known) == "failed-here"
    assert code(replace(again, differs_from_failed="by two, after the packing"), known) is None
    assert code(replace(again, technique="layout", title="Pack"), known) is None
    assert code(idea(title="unroll gemv loop by four times"), known) == "failed-here"


@pytest.mark.parametrize(("changed", "said"), [
    ({"kind": "pull-request", "status": "merged"}, "already-upstream"),
    ({"kind": "commit", "status": "ported"}, "already-upstream"),
    ({"kind": "commit", "status": "fork-only"}, None),
    ({"kind": "commit", "status": "reverted"}, "undone-upstream"),
    ({"kind": "revert", "status": ""}, "undone-upstream"),
    ({"copy_ok": "no"}, "licence"),
    ({"copy_ok": "idea-only"}, None),
])  # fmt: skip
def test_what_is_upstream_undone_or_forbidden_is_ruled_out(changed, said):
    evidence = replace(SIBLING, **changed)
    assert code(idea(), replace(KNOWN, evidence={"S01": evidence})) == said


@pytest.mark.parametrize(("name", "bare"), [
    ("ns::f<int, std::pair<a, b>>(char*, int)", "f"), ("void ns::g(int)", "g"),
    ("h.constprop.0", "h"), ("k.isra.0.cold", "k"), ("m [clone .cold]", "m"), ("plain", "plain"),
    ("", ""), ("<<<((", "<<<(("),
])  # fmt: skip
def test_a_function_is_known_by_its_plain_name(name, bare):
    assert plain(name) == bare


def test_hot_functions_are_found_by_parts_of_their_names_but_not_by_tiny_ones():
    assert on_path(["rms_norm_f32"], DECODE) == ("rms_norm",)
    assert on_path(["norm"], DECODE) == ()


# --- ranking ----------------------------------------------------------------------------------


def test_what_promises_more_by_more_kinds_and_costs_less_comes_first():
    paper = replace(SIBLING, id="S02", kind="paper")
    copies = replace(SIBLING, id="S03")
    known = replace(
        KNOWN, hot={}, covered=0, evidence={"S01": SIBLING, "S02": paper, "S03": copies}
    )
    ideas = [
        idea(id="I01", predicted=(0.01, 0.01)),
        idea(id="I02", predicted=(0.01, 0.01), evidence=("S01", "S02")),
        idea(id="I03", predicted=(0.01, 0.01), evidence=("S01", "S03")),
        idea(id="I04", predicted=(0.01, 0.01), cost="large"),
        idea(id="I05", predicted=(0.001, 0.001), source="user"),
    ]
    assert ranked(ideas, known) == ("I05", "I02", "I01", "I03", "I04")
    assert terms(ideas[2], known).kinds == 1
    assert "2 kinds" in str(terms(ideas[1], known))


def test_what_is_claimed_counts_only_up_to_the_bound():
    boast = idea(claims=(Claim(gain=5.0),), functions=("rms_norm",))
    assert terms(boast, KNOWN).expected == pytest.approx(0.03 / 0.97)


def test_one_function_does_not_fill_the_front_of_the_queue():
    ideas = [idea(id=f"I{n:02d}", functions=("gemv_q4",), predicted=(0.5, 0.5)) for n in range(5)]
    ideas.append(idea(id="I09", functions=("rms_norm",), predicted=(0.01, 0.01)))
    assert ranked(ideas, KNOWN)[3] == "I09"


# --- intake -----------------------------------------------------------------------------------


def after(*found):
    state = State()
    for findings in found:
        for event in taken(state, findings, 1.0):
            apply(state, event)
    return state


PULL = Evidence(key="pr:o/n#7", reader="issues", kind="pull-request", locator="u", quote="q")
COMMIT = Evidence(key="git:h/o/n@abc", same_as=("pr:o/n#7",), reader="forks", kind="commit",
                  locator="v", quote="r")  # fmt: skip


def seed(key, **more):
    return Idea(**{"id": "", "title": "Fuse", "evidence": (key,), "source": "issues", **more})


def test_a_change_that_two_readers_find_is_one_piece_of_evidence_and_one_idea():
    state = after(
        Findings(evidence=(PULL,), ideas=(seed(PULL.key),)),
        Findings(evidence=(COMMIT,), ideas=(seed(COMMIT.key, title="perf: norm", source="forks"),)),
    )
    assert list(state.evidence) == ["S01"]
    assert state.evidence["S01"].same_as == (COMMIT.key,)
    assert list(state.ideas) == ["I01"]
    assert state.ideas["I01"].evidence == ("S01",)


def taking(one):
    return replace(seed(one.key, source="forks"), key=f"take:{one.key}")


def test_a_request_its_squash_and_its_cherry_picks_in_two_forks_are_one_idea_of_one_kind():
    pull = replace(PULL, title="Fuse norm and mul")
    squash = replace(COMMIT, same_as=("origin:1",), title="Fuse norm and mul (#7)")
    picks = [replace(squash, key=f"git:h/fork{n}/r@{n}") for n in (1, 2)]
    findings = [
        Findings(evidence=(one,), ideas=(taking(one),))
        for one in (picks[0], squash, pull, picks[1])
    ]
    for order in (findings, findings[::-1]):
        state = after(*order)
        assert list(state.evidence) == ["S01"]
        assert {state.evidence["S01"].key, *state.evidence["S01"].same_as} >= {
            pull.key, squash.key, picks[0].key, picks[1].key,
        }  # fmt: skip
        assert list(state.ideas) == ["I01"]
        assert terms(state.ideas["I01"], facts(state)).kinds == 1
    other = replace(squash, key="git:x@9", same_as=(), title="Something else (#7)")
    assert len(after(Findings(evidence=(pull, other))).evidence) == 2


def test_taking_in_the_same_again_changes_nothing():
    found = Findings(evidence=(PULL, COMMIT), ideas=(seed(PULL.key),))
    once, twice = after(found), after(found, found)
    assert (once.evidence, once.ideas, once.events) == (twice.evidence, twice.ideas, twice.events)


def test_citations_that_do_not_resolve_are_left_out_and_then_the_gate_says_no():
    state = after(Findings(ideas=(seed("pr:o/n#99"),)))
    assert state.ideas["I01"].evidence == ()
    for event in sorted_out(state, 1.0, "x"):
        apply(state, event)
    assert state.ruled_out["I01"].code == "no-evidence"
    assert state.queue() == ()


def test_what_a_reader_rules_out_is_an_idea_with_its_ruling():
    told = Ruling(code="undone-upstream", reason="undone", reopen_if="x", evidence=COMMIT.key)
    state = after(Findings(evidence=(COMMIT,), ruled_out=(RuledOut(idea=seed(COMMIT.key),
                                                                   ruling=told),)))  # fmt: skip
    assert state.ruled_out["I01"].evidence == "S01"


def test_what_a_person_opened_is_not_ruled_out_again():
    state = after(Findings(ideas=(seed("pr:o/n#99"),)))
    apply(state, reading_event := next(iter(sorted_out(state, 1.0, "x"))))
    assert isinstance(reading_event, happened.IdeaRuledOut)
    apply(state, happened.IdeaReopened(at=2.0, idea="I01", reason="I know it"))
    assert [event for event in sorted_out(state, 3.0, "x")
            if isinstance(event, happened.IdeaRuledOut)] == []  # fmt: skip


def test_an_idea_that_a_person_moved_stays_there():
    state = after(Findings(evidence=(PULL,), ideas=tuple(
        seed(PULL.key, title=f"idea number {n} {'abcde'[n] * 5}", source="agent") for n in range(4)
    )))  # fmt: skip
    apply(state, reading.IdeaMoved(at=2.0, idea="I04", place=2))
    for event in sorted_out(state, 3.0, "ranked"):
        apply(state, event)
    assert [one.id for one in state.queue()] == ["I01", "I04", "I02", "I03"]


def test_the_key_of_an_idea_does_not_depend_on_its_words():
    one = seed("x", title="Fuse them", technique="fusion", functions=("a::norm", "mul"))
    other = seed("y", title="Do both at once", technique="fusion", functions=("mul", "norm(int)"))
    assert idea_key(one) == idea_key(other)
    assert idea_key(one) != idea_key(replace(one, technique="layout"))


def test_the_newest_profile_and_the_ceilings_are_what_gates_know():
    hot = Evidence(id="S01", reader="profile", kind="hot-function", locator="a", quote="b",
                   functions=("gemv",), value=0.9, commit="1")  # fmt: skip
    newer = replace(hot, id="S02", value=0.5, commit="2", functions=("norm",))
    ceiling = Evidence(id="S03", reader="roofline", kind="ceiling", locator="a", quote="b",
                       status="bandwidth", value=0.97)  # fmt: skip
    state = State(evidence={"S01": hot, "S02": newer, "S03": ceiling})
    known = facts(state)
    assert list(known.hot) == ["norm"]
    assert (known.hot["norm"].limit, known.hot["norm"].used) == ("bandwidth", 0.97)
