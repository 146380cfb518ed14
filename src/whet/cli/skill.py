"""`whet skill`: what teaches an agent to work with whet."""

import click

from whet.cli.face import Face, common, shown
from whet.cli.usage import Group


class Showing(Group):
    """Shows the skill when no command is named."""

    default = "show"


@click.group("skill", cls=Showing)
def skill_command() -> None:
    """Show the skill that teaches an agent to work with whet, or put it where agents look.

    \b
    whet skill
    whet skill install
    """


@skill_command.command("show")
@common
def show_command(face: Face) -> None:
    """Print the skill.

    \b
    whet skill show
    """
    from whet.api.skilling import text

    if face.as_json:
        face.document({"schema": "whet/1", "kind": "skill", "name": "whet", "text": text()})
    else:
        face.say(text().rstrip())


@skill_command.command("install")
@click.option("--user", is_flag=True, help="Below your home, for all projects.")
@click.option("--uninstall", is_flag=True, help="Take it out again.")
@common
def install_command(face: Face, *, user: bool, uninstall: bool) -> None:
    """Write the skill to .agents/skills and .claude/skills of this repository.

    \b
    whet skill install
    whet skill install --user

    Agents find it there by themselves; it works by plain commands, so no MCP is needed.
    """
    from whet.api.skilling import install

    done = install(face.start, user=user, uninstall=uninstall)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "skill_install", "installed": not uninstall,
                       "changed": [str(path) for path in done]})  # fmt: skip
        return
    what = "removed" if uninstall else "written"
    for path in done:
        face.say(f"{shown(path)} {what}")
    if not done:
        face.say("It is not there" if uninstall else "It is there already")
