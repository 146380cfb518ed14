"""What the readers of the profile and of the roofline bring, from a profile that is kept."""

from dataclasses import replace

import pytest

from support.repos import commit, user_git
from whet.git.repo import find
from whet.git.store import open_store
from whet.ledger.blobs import Blobs
from whet.model.config import Bench, Config, Roofline
from whet.model.metric import Goal
from whet.model.profile import Profile
from whet.model.sampling import Ceilings, Examined, Frame, HotLine, Level, Sampling, Stack
from whet.model.trial import Fingerprint, Invocation
from whet.plan.gates import Facts, measured_path, ruling
from whet.ports import Inquiry
from whet.profiling.kept import place, save
from whet.readers import profile, roofline
from whet.readers.quoting import stands
from whet.readers.tools import Tools

MACHINE = Ceilings(
    clock=3e9, scalar=1e10, vector=1e11, together=2.2e10, threads=1, caches=(1 << 15, 1 << 25),
    levels=(
        Level(size=1 << 14, bandwidth=2e11, latency=1e-9),
        Level(size=1 << 28, bandwidth=2e10, latency=1e-7),
    ),
)  # fmt: skip
SAMPLING = Sampling(
    by="perf",
    runs=1,
    frames=(
        Frame(name="gemv", module="bench", file="bench"),
        Frame(name="rms_norm", module="bench", file="bench"),
        Frame(name="\u202eevil", module="bench", file="bench"),
    ),
    stacks=(
        Stack(frames=(0,), weight=950),
        Stack(frames=(1,), weight=30),
        Stack(frames=(2,), weight=20),
    ),
    lines=(HotLine(file="src/gemv.c", line=12, frame=0, weight=900),),
)
HOST = Fingerprint(
    host="h", machine="m", cpu="c", cores=1, kernel="k", compiler="c", python="3", sandbox="none"
)
CONFIG = Config(
    goal=Goal(metric="tok_s", direction="higher", min_effect=0.06),
    bench=Bench(command="./bench"),
    roofline=Roofline(bytes_per_unit=5e8),
)


@pytest.fixture
def asked(tmp_path):
    """Ask both readers about a profile that is kept; nothing is built or run."""
    root = tmp_path / "repo"
    root.mkdir()
    user_git(root, "init", "--quiet")
    head = commit(root, {"src/gemv.c": "int x;\n"})
    taken = Profile(
        commit=head, command="./bench", at=0.0, fingerprint=HOST, stages=(),
        invocations=(Invocation(values={"tok_s": 38.0}, wall=1.0, cpu=1.0),),
        examined=Examined(samplings=(SAMPLING,), ceilings=MACHINE),
    )  # fmt: skip
    repo = find(root)
    tools = Tools(
        repo=repo, store=open_store(tmp_path / "store.git", borrow=repo.common), label="t",
        cache=tmp_path, clock=None, door=None, environ={}, lend=lambda _: None,
    )  # fmt: skip

    def ask(module, config=CONFIG):
        save(place(root, head, config), taken)
        inquiry = Inquiry(
            root=root, base=head, incumbent=head, config=config, shelf=Blobs(tmp_path / "blobs")
        )
        reader = module.reader(tools)
        (errand,) = reader.plan(inquiry)
        assert not errand.problem
        return inquiry, reader.read(inquiry, errand)

    return ask


def test_hot_functions_are_evidence_that_can_be_checked(asked):
    inquiry, found = asked(profile)
    first = found.evidence[0]
    assert first.key == f"profile:{inquiry.incumbent[:12]}:gemv"
    assert (first.kind, first.value, first.functions) == ("hot-function", 0.95, ("gemv",))
    assert (first.locator, first.files) == ("src/gemv.c:12", ("src/gemv.c",))
    assert all(stands(one, inquiry.shelf) for one in found.evidence)
    assert "\u202e" not in "".join(one.quote for one in found.evidence)


def test_what_is_found_twice_is_the_same(asked):
    assert asked(profile)[1].evidence == asked(profile)[1].evidence
    assert asked(roofline)[1] == asked(roofline)[1]


def test_a_loop_at_the_ceiling_is_not_worth_computing_differently(asked):
    inquiry, found = asked(roofline)
    limit = found.evidence[0]
    assert (limit.kind, limit.status, limit.functions) == ("ceiling", "bandwidth", ("gemv",))
    assert limit.value == pytest.approx(0.95)
    assert stands(limit, inquiry.shelf)
    ideas = {one.idea.technique: one for one in found.ruled_out}
    assert set(ideas) == {"vectorise", "unroll", "prefetch"}
    ruled = ideas["unroll"].ruling
    assert ruled.code == "bandwidth-ceiling"
    assert "95% of what this machine can (bandwidth)" in ruled.reason
    assert "brings 5.0% at most; 6.0% is worth keeping" in ruled.reason
    assert ideas["unroll"].idea.evidence == (limit.key,)


def test_at_the_ceiling_nothing_is_tried_for_what_the_ceiling_may_be_wrong_by(asked):
    config = replace(CONFIG, goal=replace(CONFIG.goal, min_effect=0.01))
    (first, *_) = asked(roofline, config)[1].ruled_out
    assert "brings 5.0% at most; the ceiling is not known better than that" in first.ruling.reason


def test_where_the_bound_leaves_room_nothing_is_ruled_out(asked):
    room = replace(CONFIG, roofline=Roofline(bytes_per_unit=4.5e8))
    _, found = asked(roofline, replace(room, goal=replace(CONFIG.goal, min_effect=0.01)))
    assert [one.status for one in found.evidence] == ["bandwidth"]
    assert found.ruled_out == ()
    unknown = replace(CONFIG, roofline=Roofline())
    _, found = asked(roofline, unknown)
    assert found.ruled_out == ()
    assert [one.status for one in found.evidence] == ["unknown"]
    assert found.evidence[0].quote.startswith("nobody knows what bounds ")


def test_the_gates_rule_by_what_both_have_found(asked):
    evidence = [*asked(profile)[1].evidence, *asked(roofline)[1].evidence]
    hot = measured_path(evidence)
    assert (hot["gemv"].limit, hot["rms_norm"].limit) == ("bandwidth", "unknown")
    known = Facts(
        hot=hot, covered=1.0, evidence={}, detectable=0.001, failed={}, require_source=False
    )
    idea = asked(roofline)[1].ruled_out[0].idea
    assert ruling(replace(idea, bound=None), known).code == "bandwidth-ceiling"
    fewer = replace(idea, technique="fewer-bytes", bound=None, key="other")
    assert ruling(fewer, known) is None
