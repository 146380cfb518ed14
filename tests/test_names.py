"""Importing whet does nothing, and the side that runs on a worker needs nothing installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "whet"
HEAVY = {"rich", "scipy", "numpy", "pydantic", "click", "anyio", "jinja2"}
TRIAL_SIDE = (
    "errors",
    "model",
    "formats",
    "judge/sequential",
    "judge/summary",
    "judge/ratios",
    "judge/guards",
    "judge/calibration",
    "proc",
    "git",
    "sandbox",
    "trial",
)

LOADED_BY = """
import importlib, json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({module.partition(".")[0] for module in set(sys.modules) - before})))
"""


def python(code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def loaded_by(*modules: str, cwd: Path) -> set[str]:
    """The top-level packages that come with `modules` in a fresh interpreter."""
    done = python(LOADED_BY, *modules, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def modules_of(part: str) -> list[str]:
    """A module, or a package with everything inside it; empty when it does not exist yet."""
    module = PACKAGE / f"{part}.py"
    files = [module] if module.exists() else sorted((PACKAGE / part).rglob("*.py"))
    parts = [file.relative_to(PACKAGE.parent).with_suffix("").parts for file in files]
    names = [".".join(names).removesuffix(".__init__") for names in parts]
    return [name for name in names if not name.endswith(".__main__")]


def test_importing_whet_has_no_effects(tmp_path):
    done = python("import whet", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_importing_whet_loads_nothing_heavy(tmp_path):
    assert loaded_by("whet", cwd=tmp_path) & HEAVY == set()


def test_the_nouns_are_there():
    assert "whet.model.trial" in modules_of("model")


@pytest.mark.parametrize("part", [part for part in TRIAL_SIDE if modules_of(part)])
def test_the_trial_side_needs_only_the_standard_library(part, tmp_path):
    loaded = loaded_by(*modules_of(part), cwd=tmp_path)
    assert "whet" in loaded
    assert loaded - {"whet"} - sys.stdlib_module_names == set()
