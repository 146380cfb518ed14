"""A machine is read off the kernel's files: here those of machines that are not at hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_targets import HOST, of

from whet import sandbox
from whet.model.config import Integrity
from whet.steps.doctor import machine


def system(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def told(make, before: machine.Moment, after: machine.Moment, root: Path) -> list[tuple[str, str]]:
    visit = make().visit()
    machine.look(visit, before, after, replace(HOST, cores=4, cpu="Xeon 8375C"), root)
    return [(finding.level, finding.text) for finding in of(visit.diagnosis, "Machine")]


GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
CALM = machine.Moment(total=1000, steal=0, throttled=0, load=0.1, others={(7, "db"): 10})
LATER = replace(CALM, total=2000)


def test_a_quiet_machine_has_one_line_and_its_jail(make, tmp_path):
    root = system(tmp_path / "r", {"proc/meminfo": "MemTotal: 16777216 kB\nMemFree: 1 kB"})
    found = told(make, CALM, LATER, root)
    assert found[0] == ("ok", "4 cores, Xeon 8375C, 16 GB memory")
    assert len(found) == 2
    assert "sandbox" in found[1][1]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            "powersave",
            "CPU governor is `powersave`",
        ),
        ("sys/class/thermal/thermal_zone0/temp", "97000", "is at 97 C"),
    ],
)
def test_settings_that_disturb(make, tmp_path, name, text, said):
    assert any(
        said in line for _, line in told(make, CALM, LATER, system(tmp_path / "r", {name: text}))
    )


def test_a_battery_is_seen(make, tmp_path):
    supply = "sys/class/power_supply/BAT0/"
    root = system(tmp_path / "r", {f"{supply}type": "Battery", f"{supply}status": "Discharging"})
    assert ("warning", "runs on battery; expect the clock to change") in told(
        make, CALM, LATER, root
    )


def test_a_performance_governor_is_no_problem(make, tmp_path):
    found = told(make, CALM, LATER, system(tmp_path / "r", {GOVERNOR: "performance"}))
    assert not any("governor" in line for _, line in found)


def test_time_that_was_stolen_is_seen(make, tmp_path):
    found = told(make, CALM, replace(LATER, steal=220), tmp_path)
    assert ("warning", "22% of CPU time was taken by other virtual machines (steal)") in found


def test_heat_is_seen(make, tmp_path):
    found = told(make, CALM, replace(LATER, throttled=3), tmp_path)
    assert ("warning", "the CPU was slowed down by heat while measuring") in found


def test_a_busy_process_is_named_with_its_cores(make, tmp_path):
    later = replace(LATER, others={(7, "db"): 260, (8, "new"): 900})
    found = told(make, CALM, later, tmp_path)
    assert ("warning", "other processes were busy while measuring: db (1.0 cores)") in found


def test_load_before_the_start_is_seen(make, tmp_path):
    found = told(make, replace(CALM, load=2.5), LATER, tmp_path)
    assert ("warning", "load was 2.5 on 4 cores before the start") in found


@pytest.mark.parametrize(
    ("wanted", "level"), [("auto", "warning"), ("bubblewrap", "error"), ("none", "warning")]
)
def test_a_missing_jail_is_told(make, tmp_path, monkeypatch, wanted, level):
    visit = make().visit(integrity=Integrity(sandbox=wanted))
    monkeypatch.setenv("PATH", str(tmp_path))  # where there is no bwrap
    sandbox.detect.cache_clear()
    try:
        machine.look(visit, CALM, LATER, HOST, tmp_path)
    finally:
        sandbox.detect.cache_clear()
    assert of(visit.diagnosis, "Machine")[-1].level == level


def test_this_machine_can_be_read():
    now = machine.moment()
    assert now.total > 0
    assert now.load >= 0
