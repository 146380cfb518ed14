"""Is there an agent that can be started?"""

import os
import shlex
import shutil
from pathlib import Path

from whet.steps.doctor.visit import Visit


def look(visit: Visit) -> None:
    """Tell whether the agent's command exists; nothing is started and nothing is paid."""
    agent = visit.config.agent
    if agent.kind == "none" or not agent.command:
        visit.tell(
            "Agent", "ok", "none configured: changes that exist can be judged with `whet try`"
        )
        return
    word = program(agent.command)
    found = word if word.startswith("$") else _found(word, visit.repo.root)
    if found:
        visit.tell("Agent", "ok", f"{word} is there; it is started by `whet run` only")
    else:
        visit.tell(
            "Agent",
            "error",
            f"`{word}` is not a program here",
            hint="install it, or name another: `whet config set agent.command ./my-agent`",
        )


def program(command: str) -> str:
    """The first word of a shell command that is not a variable's assignment."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return next((word for word in words if "=" not in word or word.startswith(("/", "."))), command)


def _found(word: str, root: Path) -> str:
    if "/" in word:
        path = root / Path(word).expanduser()
        return str(path) if os.access(path, os.X_OK) else ""
    return shutil.which(word) or (word if word in ("cd", "exec", "if", "for", ".", "test") else "")
