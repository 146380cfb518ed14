"""What a candidate may change: every rule says no once, in words."""

from dataclasses import replace

import pytest

from whet.model.config import Scope
from whet.model.idea import Change
from whet.plan.scope import MANIFESTS, PLUMBING, problem

EDIT = Change(path="src/a.c", status="M", old_mode="100644", new_mode="100644", added=3, removed=1)
NEW = replace(EDIT, path="src/new.c", status="A", old_mode="000000", removed=0)
GONE = replace(EDIT, path="src/old.c", status="D", new_mode="000000", added=0)


def asked(*changes, scope=None, allowed=None, protected=()):
    paths = {change.path for change in changes}
    return problem(
        scope or Scope(), changes, allowed=paths if allowed is None else allowed,
        protected=protected,
    )  # fmt: skip


@pytest.mark.parametrize("change", [EDIT, NEW, GONE], ids=["edit", "new", "gone"])
def test_an_ordinary_change_is_in_scope(change):
    assert asked(change) == ""


def test_no_change_is_in_scope():
    assert asked() == ""


@pytest.mark.parametrize("change", [EDIT, NEW, GONE], ids=["edit", "new", "gone"])
def test_a_protected_file_is_not_changed_made_or_removed(change):
    said = asked(change, protected={change.path})
    assert said == f"changes {change.path}, which is protected"


def test_only_files_that_may_change_do():
    said = asked(EDIT, NEW, allowed={EDIT.path})
    assert said == "changes src/new.c, which is not among the files that may change"


@pytest.mark.parametrize("name", sorted(PLUMBING))
@pytest.mark.parametrize("folder", ["", "src/deep/"])
def test_what_tells_git_where_to_look_does_not_change(name, folder):
    path = folder + name
    said = f"changes {path}, which tells git what to look at"
    assert asked(replace(NEW, path=path), scope=Scope(new_dependencies=True)) == said


@pytest.mark.parametrize("path", [
    "AGENTS.md", "src/deep/CLAUDE.md", ".agents/skills/x/run.sh", ".github/workflows/ci.yml",
    ".mcp.json", "tests/conftest.py", "sitecustomize.py", "lib/x.pth", "a/.cursor/rules/x.mdc",
])  # fmt: skip
def test_what_tells_agents_or_python_what_to_do_does_not_change(path):
    said = f"changes {path}, which tells agents or Python what to do"
    assert asked(replace(NEW, path=path), scope=Scope(new_dependencies=True)) == said


@pytest.mark.parametrize("path", ["src/agents.md.c", "github/x.c", "my_conftest.py", "x.pth.c"])
def test_names_that_only_look_like_them_may_change(path):
    assert asked(replace(NEW, path=path)) == ""


@pytest.mark.parametrize("name", sorted(MANIFESTS))
def test_dependencies_are_added_only_where_allowed(name):
    change = replace(EDIT, path=f"sub/{name}")
    assert asked(change) == f"changes sub/{name}, which can add dependencies"
    assert asked(change, scope=Scope(new_dependencies=True)) == ""


@pytest.mark.parametrize(("old", "new"), [
    ("000000", "160000"), ("160000", "160000"), ("160000", "000000"), ("100644", "160000"),
])  # fmt: skip
def test_submodules_do_not_change(old, new):
    change = replace(EDIT, path="vendor", old_mode=old, new_mode=new)
    assert asked(change) == "changes the submodule vendor"


@pytest.mark.parametrize(("path", "link", "leaves"), [
    ("link", "src/a.c", False),
    ("src/link", "../data/x", False),
    ("src/link", "../..hidden", False),
    ("link", "..name", False),
    ("src/link", "deep/../a.c", False),
    ("link", "..", True),
    ("link", "../x", True),
    ("src/link", "../../x", True),
    ("src/link", "../..", True),
    ("a/b/link", "../../../etc/passwd", True),
    ("link", "src/../../x", True),
    ("link", "/etc/passwd", True),
    ("link", "/", True),
])  # fmt: skip
def test_links_stay_inside_the_tree(path, link, leaves):
    change = replace(NEW, path=path, new_mode="120000", link=link)
    said = f"{path} links to {link}, outside the tree" if leaves else ""
    assert asked(change) == said


def test_a_removed_link_is_an_ordinary_change():
    assert asked(replace(GONE, old_mode="120000")) == ""


def test_binary_files_change_only_where_allowed():
    change = replace(EDIT, path="x.bin", binary=True)
    assert asked(change) == "changes the binary file x.bin"
    assert asked(change, scope=Scope(binaries=True)) == ""


def test_modes_change_only_where_allowed():
    change = replace(EDIT, new_mode="100755")
    assert asked(change) == "changes the mode of src/a.c from 100644 to 100755"
    assert asked(change, scope=Scope(modes=True)) == ""


def test_a_new_program_may_be_executable():
    assert asked(replace(NEW, new_mode="100755")) == ""


def test_as_many_files_change_as_are_allowed_and_no_more():
    scope = Scope(max_files=2)
    many = [replace(EDIT, path=f"src/{n}.c") for n in range(3)]
    assert asked(*many[:2], scope=scope) == ""
    assert asked(*many, scope=scope) == "changes 3 files, at most 2 are allowed"


def test_as_many_lines_change_as_are_allowed_and_no_more():
    scope = Scope(max_lines=8)
    assert asked(EDIT, replace(EDIT, path="b"), scope=scope) == ""
    said = asked(EDIT, replace(EDIT, path="b", added=4), scope=scope)
    assert said == "changes 9 lines, at most 8 are allowed"


def test_the_first_bad_file_is_named():
    assert asked(EDIT, replace(EDIT, path="b"), replace(EDIT, path="c"), allowed={"src/a.c"}) == (
        "changes b, which is not among the files that may change"
    )


def test_a_protected_file_is_protected_whatever_else_it_is():
    change = replace(EDIT, path="package.json", binary=True, new_mode="100755")
    assert asked(change, protected={"package.json"}) == "changes package.json, which is protected"
