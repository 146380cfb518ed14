"""Counts of work that a benchmark prints beside its metric come with every invocation."""

from support.toy import work

ITEMS = 'printf("METRIC items=500\\n"); printf("METRIC boards=3\\n");'
FEWER = 'printf("METRIC items=250\\n"); printf("METRIC boards=3\\n");'


def counted(toy, body, **bench):
    """The counts of the candidate's first invocation."""
    outcome = toy.run(work(body, cost=80.0), run_checks=False, bench=bench)
    return outcome, dict(outcome.pairs[0].b.work) if outcome.pairs else {}


def test_a_count_that_is_known_by_its_name_is_kept(toy):
    outcome, found = counted(toy, FEWER)
    assert found == {"items": 250.0}
    assert dict(outcome.pairs[0].a.work) == {}


def test_a_count_that_the_configuration_names_must_be_printed(toy):
    outcome, _ = counted(toy, ITEMS, work=("boards",))
    fault = outcome.fault
    assert fault is not None
    assert fault.fault == "incumbent"
    assert "the output has no metric `boards`" in fault.detail
    assert fault.hint == "whet config get bench.work"
