"""A metric beside what this machine can do."""

import shutil

import pytest
from small_targets import errors, examined, of

from whet.model.config import Roofline

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler"),
    pytest.mark.slow,
]


def test_what_the_machine_cannot_do_is_an_error_with_the_field(make):
    target = make()
    said = examined(target.visit(quick=True, roofline=Roofline(bytes_per_unit=1e14)))
    assert not said.ready
    assert "time_ms cannot be true" in errors(said)
    assert "whet config get roofline.bytes_per_unit" in errors(said)
    said = examined(target.visit(quick=True, roofline=Roofline(flops_per_unit=1e18)))
    assert "GFLOP/s is more than" in errors(said)
    said = examined(target.visit(quick=True, roofline=Roofline(bytes_per_unit=1e3)))
    assert "cannot be true" not in errors(said)
    assert any("time_ms is possible" in one.text for one in of(said, "Benchmark", "ok"))


def test_nothing_is_measured_where_nothing_is_said(make):
    said = examined(make().visit(quick=True))
    assert not any("possible" in one.text for one in said.findings)
