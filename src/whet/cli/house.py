"""`whet config`, `clean`, `completion`, `version`."""

import platform
import shutil

import click

from whet.cli.face import Face, common


@click.command("clean")
@click.option("--results", is_flag=True, help="Campaigns and their refs too.")
@click.option("--dry-run", is_flag=True, help="Say what would go, remove nothing.")
@common
def clean_command(face: Face, *, results: bool, dry_run: bool) -> None:
    """Remove build trees and caches; results only with --results.

    \b
    whet clean --dry-run
    whet clean --results
    """
    from whet.api.cleaning import clean  # noqa: PLC0415

    if results and not dry_run and not face.yes:
        click.confirm("Remove every campaign of this repository?", abort=True)
    removed = clean(face.start, results=results, dry_run=dry_run)
    if face.as_json:
        rows = [{"what": item.what, "bytes": item.bytes} for item in removed]
        face.document({"schema": "whet/1", "kind": "clean", "dry_run": dry_run, "removed": rows})
        return
    for item in removed:
        verb = "Would remove" if dry_run else "Removed"
        face.say(f"{verb} {item.what}, {item.bytes / 1e6:.1f} MB")
    if not removed:
        face.say("Nothing to remove")


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print a completion script.

    \b
    whet completion bash >> ~/.bashrc
    whet completion zsh > ~/.zfunc/_whet
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    from whet.cli.app import app  # noqa: PLC0415

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
    from whet import proc, sandbox  # noqa: PLC0415
    from whet.version import version  # noqa: PLC0415

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
