"""What can be said of the jail without having one."""

from pathlib import Path

from whet import sandbox
from whet.sandbox import Jail


def test_without_a_jail_the_command_is_what_it_was():
    assert sandbox.wrap(Jail(kind="none", writable=()), ["a", "b c"]) == ["a", "b c"]


def test_without_bubblewrap_there_is_no_jail(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox.detect.__wrapped__() == "none"


def test_a_bubblewrap_that_does_not_work_here_is_no_jail(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox.detect.__wrapped__() == "none"


def test_what_must_not_be_written_comes_after_what_may():
    jail = Jail(kind="bubblewrap", writable=(Path("/t"),), read_only=(Path("/t/sealed"),))
    argv = sandbox.wrap(jail, ["true"])
    assert argv.index("/t") < argv.index("/t/sealed")
    assert argv[-2:] == ["--", "true"]


def test_toolchains_never_name_the_home_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{tmp_path}:{tmp_path}/bin:{tmp_path}/x/y/bin:/usr/bin")
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    for name in ("bin", "x/y/bin", ".cargo"):
        (tmp_path / name).mkdir(parents=True)
    names = {str(path.relative_to(tmp_path)) for path in sandbox.toolchains(tmp_path)}
    assert names == {"bin", "x/y", ".cargo"}


def test_a_toolchain_elsewhere_in_the_home_is_found(monkeypatch, tmp_path):
    (tmp_path / "tools" / "rust").mkdir(parents=True)
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setenv("RUSTUP_HOME", str(tmp_path / "tools" / "rust"))
    assert tmp_path / "tools" / "rust" in sandbox.toolchains(tmp_path)
