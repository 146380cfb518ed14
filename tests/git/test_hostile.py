"""Configuration, attributes and hooks can name commands: whet runs none of them."""

import pytest

from support.repos import (
    commit,
    contents,
    everything_that_reads,
    place,
    user_git,
    with_submodule,
    write,
)

HOOKS = (
    "pre-commit", "post-checkout", "post-merge", "post-index-change", "reference-transaction",
    "post-update", "pre-receive", "post-rewrite", "pre-auto-gc", "fsmonitor-watchman", "commit-msg",
)  # fmt: skip


@pytest.fixture
def mark(tmp_path):
    """A file that exists once any of the planted commands has run."""
    return tmp_path / "ran"


@pytest.fixture
def hostile(root, tmp_path, mark):
    """The repository with every setting that can name a command, and hooks of both kinds."""
    run = f"touch '{mark}'; cat"
    tool = tmp_path / "tool"
    tool.write_text(f"#!/bin/sh\necho $0 $* >> '{mark}'\ncat\n")
    tool.chmod(0o755)
    commit(root, {".gitattributes": "* filter=evil diff=evil merge=evil\n*.c ident\n"})
    for folder in (tmp_path / "hooks", root / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\ntouch '{mark}'\n")
            (folder / name).chmod(0o755)
    settings = {
        "core.fsmonitor": tool, "core.hooksPath": tmp_path / "hooks", "core.pager": tool,
        "core.editor": tool, "core.sshCommand": tool, "core.askPass": tool, "core.gitProxy": tool,
        "core.alternateRefsCommand": tool, "filter.evil.clean": run, "filter.evil.smudge": run,
        "filter.evil.required": "true", "filter.odd.name=x.clean": run, "filter.two.process": tool,
        "diff.evil.textconv": tool, "diff.evil.command": tool, "diff.external": tool,
        "merge.evil.driver": run, "alias.status": f"!{run}", "alias.rev-parse": f"!{run}",
        "gpg.program": tool, "commit.gpgSign": "true", "credential.helper": f"!{run}",
        "sequence.editor": tool, "interactive.diffFilter": tool, "uploadpack.packObjectsHook": tool,
        "init.templateDir": tmp_path / "hooks", "protocol.ext.allow": "always",
        "url.ext::sh -c touch% ran.insteadOf": str(tmp_path), "protocol.allow": "always",
    }  # fmt: skip
    for key, value in settings.items():
        user_git(root, "config", key, str(value))
    mark.unlink(missing_ok=True)
    return root


def test_the_trap_works(hostile, mark):
    write(hostile, {"src/b.c": "int touched;\n"})
    user_git(hostile, "status", check=False)
    assert mark.exists()


def test_nothing_of_theirs_is_run(hostile, mark, tmp_path):
    at = place(hostile, tmp_path / "store.git")
    # nothing that the index remembers about files is right, so contents must be looked at
    write(hostile, {"src/b.c": "int touched;\n", "src/a.c": (hostile / "src/a.c").read_bytes()})
    before = contents(hostile)
    made = everything_that_reads(at, tmp_path)
    assert contents(hostile) == before
    at.store.point("refs/whet/c/E01", made)
    assert not mark.exists()


def test_nothing_of_theirs_is_run_when_refs_are_taken(hostile, mark, tmp_path):
    at = place(hostile, tmp_path / "store.git")
    user_git(hostile, "config", "--remove-section", "url.ext::sh -c touch% ran")
    at.store.point("refs/whet/c/E01", at.base)
    at.repo.fetch(at.store.path, "refs/whet/c/E01:refs/whet/c/E01")
    assert at.repo.delete_refs("refs/whet/") == 1
    assert not mark.exists()


def test_a_rewritten_address_is_refused_rather_than_run(hostile, mark, tmp_path):
    at = place(hostile, tmp_path / "store.git")
    at.store.point("refs/whet/c/E01", at.base)
    with pytest.raises(Exception, match="transport 'ext' not allowed"):
        at.repo.fetch(at.store.path, "refs/whet/c/E01:refs/whet/c/E01")
    assert not mark.exists()


def test_nothing_of_a_submodule_is_run(root, tmp_path, mark):
    inside = with_submodule(root, tmp_path)
    write(inside, {".gitattributes": "* filter=evil\n", "inner.c": "int outer;\n"})
    user_git(inside, "config", "filter.evil.clean", f"touch '{mark}'; cat")
    at = place(root, tmp_path / "store.git")
    at.repo.dirty()
    everything_that_reads(at, tmp_path)
    assert not mark.exists()


def test_settings_in_the_environment_are_not_inherited(here, monkeypatch, mark, tmp_path):
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor'='touch {mark}'")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {mark}")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere" / "index"))
    monkeypatch.setenv("GIT_TRACE", str(mark))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path))
    everything_that_reads(here, tmp_path)
    assert not mark.exists()
