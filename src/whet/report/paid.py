"""Research on a screen: which readers paid, what was ruled out, one idea with all it cites."""

from whet.model.idea import Idea
from whet.plan.gates import bounded, facts
from whet.plan.paid import Paid, paid
from whet.plan.ranking import terms
from whet.plan.state import State
from whet.report.escape import cut, verbatim, visible
from whet.report.jsonable import Document, jsonable


def paid_lines(state: State) -> tuple[str, ...]:
    """A table: one line for each reader."""
    rows = paid(state)
    if not rows:
        return ()
    head = "reader        evidence  ideas  ruled out  tried  kept     gain  predicted  measured"
    return (head, *(_row(one) for one in rows))


def paid_document(state: State) -> list[object]:
    """The same as JSON; gains are fractions, what was never compared is null."""
    return [jsonable(one) for one in paid(state)]


def paid_sentence(state: State) -> str:
    """Which readers paid, in one line for `whet status`."""
    rows = [one for one in paid(state) if one.evidence or one.ideas]
    tried = [one for one in rows if one.tried]
    said = [f"{one.reader} {one.kept} of {one.tried} kept" for one in
            sorted(tried, key=lambda one: (-one.kept, one.reader))]  # fmt: skip
    silent = len(rows) - len(tried)
    if silent and said:
        said.append(f"{silent} more not tried yet")
    return " · ".join(said)


def ruled_out_lines(state: State, most: int) -> tuple[str, ...]:
    """Ideas that gates said no to, the newest last, each with what would open it again."""
    names = [name for name in state.ruled_out if name in state.ideas]
    lines = []
    for name in names[:most]:
        ruled = state.ruled_out[name]
        lines.append(f"  -  {name}  {cut(state.ideas[name].title, 44):<44}  {ruled.code}")
        lines.append(f"          {cut(ruled.reason, 100)}")
    if len(names) > most:
        lines.append(f"     {len(names) - most} more: whet ideas list --ruled-out")
    return tuple(lines)


def idea_lines(state: State, idea: Idea) -> tuple[str, ...]:
    """One idea with everything that is known of it; quotes are set apart, line by line."""
    known = facts(state)
    rows = [
        ("because", idea.mechanism),
        ("changes", ", ".join((*idea.functions[:6], *idea.files[:6]))),
        ("technique", idea.technique),
        ("only if", idea.condition),
        ("predicted", _range(idea)),
        ("at most", _bound(state, idea)),
        ("claimed", ", ".join(f"{one.gain:+.1%}" for one in idea.claims[:4])),
        ("refuted by", idea.refuted_by),
        ("risk", idea.risk),
        ("differs", idea.differs_from_failed),
        ("source", idea.source),
        ("rank", str(terms(idea, known))),
    ]
    lines = [f"{idea.id}  {visible(idea.title)}"]
    lines += [f"  {label:<11} {visible(text)}" for label, text in rows if text]
    ruled = state.ruled_out.get(idea.id)
    if ruled is not None:
        lines.append(f"  {'ruled out':<11} {visible(ruled.reason)} ({ruled.code})")
        lines.append(f"  {'open it if':<11} {visible(ruled.reopen_if)}")
        lines.append(f'  {"":<11} whet ideas open {idea.id} --reason "..."')
    if idea.id in state.dropped:
        lines.append(f"  {'dropped':<11} {visible(state.dropped[idea.id])}")
    for name in idea.evidence:
        one = state.evidence.get(name)
        if one is None:
            continue
        about = ", ".join(x for x in (one.kind, one.status, one.published, one.licence) if x)
        lines.append(f"  {one.id}  {cut(one.locator, 90)} ({visible(about)}; copy: {one.copy_ok})")
        lines += [f"    > {line}" for line in verbatim(one.quote).splitlines()[:12]]
    return tuple(lines)


def idea_document(state: State, idea: Idea) -> Document:
    """One idea as JSON, with its terms and, where a gate said no, the ruling."""
    known = facts(state)
    found = jsonable(idea)
    assert isinstance(found, dict)
    ruled = state.ruled_out.get(idea.id)
    return {
        **found,
        "terms": jsonable(terms(idea, known)),
        "bound": idea.bound if idea.bound is not None else bounded(idea, known),
        "ruled_out": jsonable(ruled) if ruled is not None else None,
        "dropped": state.dropped.get(idea.id),
    }


def _row(one: Paid) -> str:
    predicted = f"{one.predicted:+.1%}" if one.predicted is not None else "-"
    measured = f"{one.measured:+.1%}" if one.measured is not None else "-"
    gain = f"{one.gain:+.1%}" if one.kept else "-"
    return (
        f"{cut(one.reader, 12):<12}  {one.evidence:>8}  {one.ideas:>5}  {one.ruled_out:>9}"
        f"  {one.tried:>5}  {one.kept:>4}  {gain:>7}  {predicted:>9}  {measured:>8}"
    )


def _range(idea: Idea) -> str:
    if idea.predicted is None:
        return ""
    low, high = sorted(idea.predicted)
    return f"{low:+.1%} to {high:+.1%}"


def _bound(state: State, idea: Idea) -> str:
    most = idea.bound if idea.bound is not None else bounded(idea, facts(state))
    if most is None:
        return ""
    return f"{most:+.1%}" + (f", by {idea.bound_from}" if idea.bound_from else "")
