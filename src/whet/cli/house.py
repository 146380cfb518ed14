"""`whet config`, `clean`, `completion`, `version`."""

import platform
import shutil

import click

from whet.cli.face import Face, common, is_interactive
from whet.cli.usage import Group
from whet.errors import UserError


@click.command("clean")
@click.option("--results", is_flag=True, help="Also campaigns: ledgers, patches, refs/whet/.")
@click.option("--mirrors", is_flag=True, help="Also copies of forks, which all projects share.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed.")
@common
def clean_command(face: Face, *, results: bool, mirrors: bool, dry_run: bool) -> None:
    """Remove build trees and caches; results and copies of forks only when asked for.

    \b
    whet clean --dry-run
    whet clean --mirrors
    whet clean --results
    """
    from whet.api.cleaning import clean, copies

    asked = {"--results": "every campaign of this repository"} if results else {}
    asked |= {"--mirrors": "the copies of forks of all projects"} if mirrors else {}
    for flag, what in asked.items() if not (dry_run or face.yes) else ():
        if not is_interactive():
            raise UserError(f"`{flag}` removes {what}, and there is nobody to ask",
                            hint=f"whet clean {flag} --yes")  # fmt: skip
        click.confirm(f"Remove {what}?", abort=True, err=True)
    removed = clean(face.start, results=results, forks=mirrors, dry_run=dry_run)
    left = () if mirrors else copies()
    if face.as_json:
        rows = [{"what": item.what, "bytes": item.bytes} for item in removed]
        face.document({"schema": "whet/1", "kind": "clean", "dry_run": dry_run, "removed": rows,
                       "mirrors_bytes": sum(item.bytes for item in left)})  # fmt: skip
        return
    for item in removed:
        verb = "Would remove" if dry_run else "Removed"
        face.say(f"{verb} {item.what}, {_megabytes(item.bytes)}")
    if not removed:
        face.say("Nothing to remove")
    if left:
        size = _megabytes(sum(item.bytes for item in left))
        several = f"copies of {len(left)} forks" if len(left) > 1 else left[0].what.split(" (")[0]
        face.say(f"Kept {several}, {size}: whet clean --mirrors")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size > 1e5 else f"{size / 1e3:.0f} KB"


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print a completion script.

    \b
    whet completion bash >> ~/.bashrc
    whet completion zsh > ~/.zfunc/_whet
    """
    from click.shell_completion import get_completion_class

    from whet.cli.app import app

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(app, {}, "whet", "_WHET_COMPLETE")
    click.echo(script.source_template % script.source_vars())


@click.command("version")
@common
def version_command(face: Face) -> None:
    """Print versions, for a bug report.

    \b
    whet version --json
    """
    from whet import proc, sandbox
    from whet.version import version

    git = proc.run(["git", "--version"], timeout=10).text.strip() if shutil.which("git") else ""
    data = {
        "whet": version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git": git.removeprefix("git version ") or None,
        "sandbox": sandbox.detect(),
    }
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "version", **data})
        return
    for name, value in data.items():
        face.say(f"{name:<9} {value or 'missing'}")


class _Config(Group):
    default = "show"


@click.group("config", cls=_Config)
def config_command() -> None:
    """Show, get, set and check the configuration.

    \b
    whet config show --origin
    whet config set goal.min_effect 1%
    whet config check
    """


@config_command.command("show")
@click.option("--origin", is_flag=True, help="Where each value is from.")
@common
def show_command(face: Face, *, origin: bool) -> None:
    """Print every key with its value.

    \b
    whet config show --origin
    """
    from whet.api.workspace import configuration, repository
    from whet.config.edit import show

    rows = show(configuration(repository(face.start), face.overrides))
    if face.as_json:
        values = {row.key: {"value": row.value, "origin": row.origin} for row in rows}
        face.document({"schema": "whet/1", "kind": "config", "values": values})
        return
    width = max(len(row.key) for row in rows)
    for row in rows:
        where = f"   ({row.origin})" if origin else ""
        face.say(f"{row.key:<{width}}  {row.value}{where}")


@config_command.command("get")
@click.argument("key")
@common
def get_command(face: Face, key: str) -> None:
    """Print one value.

    \b
    whet config get goal.min_effect
    """
    from whet.api.workspace import configuration, repository
    from whet.config.edit import get

    value = get(configuration(repository(face.start), face.overrides), key)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "config", "key": key, "value": value})
    else:
        face.say(value)


@config_command.command("set")
@click.argument("key")
@click.argument("value")
@common
def set_command(face: Face, key: str, value: str) -> None:
    """Change one value in whet.toml; all else in it stays.

    \b
    whet config set goal.min_effect 1%
    whet config set guard.0.max_loss 2%
    """
    from whet.api.workspace import repository
    from whet.config.edit import set_value

    line = set_value(repository(face.start).root, key, value)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "config", "key": key, "line": line})
    else:
        face.say(line)


@config_command.command("schema")
@click.argument("what", type=click.Choice(["config", "documents"]), default="config")
@common
def schema_command(face: Face, what: str) -> None:
    """Print the JSON Schema of whet.toml, for editors, or that of what --json prints.

    \b
    whet config schema > .whet/whet.schema.json
    whet config schema documents > whet.documents.json
    """
    from whet.config.schema import schema
    from whet.report.schema import schema as documents

    face.document(schema() if what == "config" else documents())


@config_command.command("check")
@common
def check_command(face: Face) -> None:
    """Say everything that is wrong; exit 2 if anything is.

    \b
    whet config check
    """
    from whet.api.workspace import configuration, repository

    configuration(repository(face.start), face.overrides)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "config", "ok": True})
    else:
        face.say("whet.toml is fine")
