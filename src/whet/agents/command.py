"""An agent that is a command: one of the table, started headlessly, or any command of the user's.

It works in a private copy of the code and edits it. What it prints is read as signs; what it
changed is read from the files; its exit code is only noted.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.agents.parsers import Memory, of_trajectory, signs
from whet.agents.report import report
from whet.agents.running import Run, Setting, running
from whet.agents.table import Entry, filled
from whet.model.agent import Caps, Jailed
from whet.ports import AgentReport, Brief

SHELL = "command"
"""The name of an agent that is just a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAgent:
    """Starts the command of a table for every brief."""

    setting: Setting

    async def work(self, brief: Brief, tree: Path) -> AgentReport:
        """Run the command once in a tree."""
        entry = self.setting.entry
        async with running(self.setting, brief, tree) as run:
            memory: Memory = {}

            def heard(line: bytes) -> None:
                for found in signs(entry.parser, line, memory):
                    run.note(found)

            async with run.process(_command(run)) as process:
                await run.attend(process, heard)
            if entry.trajectory:
                _read_trajectory(run)
            return report(run)


def any_command(
    command: str, *, root: Path, label: str, timeout: float, jail: Jailed,
    homes: Sequence[str] = (),
) -> CommandAgent:  # fmt: skip
    """A command of the user's, run by /bin/sh; its brief is in the file `$WHET_BRIEF`.

    Args:
        command: what the shell runs. Files that it names by a whole path can be read in the jail.
        root: the user's repository.
        label: begins the mark of every process that is started.
        timeout: seconds, for one run.
        jail: what holds it.
        homes: folders and files below the user's home that it may read and write.
    """
    entry = Entry(name=SHELL, program="/bin/sh", argv=("/bin/sh", "-c", command), prompt="file",
                  title="the agent", homes=tuple(homes))  # fmt: skip
    caps = Caps(seconds=timeout)
    return CommandAgent(setting=Setting(entry=entry, root=root, label=label, jail=jail, caps=caps,
                                        inherits=True, named=_named(command)))  # fmt: skip


def _named(command: str) -> tuple[Path, ...]:
    """The files and folders that a command names, which may lie where nothing else is seen."""
    try:
        words = shlex.split(command)
    except ValueError:  # the shell will say what is wrong with it
        words = command.split()
    paths = (Path(word).expanduser() for word in words if word.startswith(("/", "~/")))
    home = Path.home()
    whole = (home, *home.parents, Path("/tmp"))  # noqa: S108 (not to write there)
    return tuple(path for path in paths if path.exists() and path not in whole)


def _command(run: Run) -> list[str]:
    entry, setting = run.setting.entry, run.setting
    if setting.inherits:
        return list(entry.argv)  # a shell's braces are its own
    model = filled(entry.model_argv, {**run.values, "model": run.values["served_model"]})
    served = filled(entry.served_argv, run.values) if setting.service is not None else []
    argv = filled(entry.argv, run.values, {
        "model_argv": model if setting.model else [],
        "served_argv": served,
    })  # fmt: skip
    if entry.prompt != "stdin":
        return argv
    script = 'brief=$1; shift; exec "$@" <"$brief"'
    return ["/bin/sh", "-c", script, "sh", str(run.prompt_file), *argv]


def _read_trajectory(run: Run) -> None:
    path = run.cell.state / run.setting.entry.trajectory
    if path.is_file() and not path.is_symlink():
        text = path.read_text(encoding="utf-8", errors="replace")
        run.hear(text.encode())
        for found in of_trajectory(text):
            run.note(found)
