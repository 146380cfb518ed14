"""The built-in agent's tools, run inside its jail: one request on standard input, one answer out.

It is given to the interpreter as text, so it uses nothing but the standard library and does not
know whet. A path is looked at in here and nowhere else: the tree is hostile, and so are its links.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

MOST = 16_000
"""Characters of an answer: its head and its tail."""
LINES = 400
MATCHES = 200
_SKIPPED = {".git", "node_modules", "__pycache__", ".venv", "target"}


def read(given: dict[str, object]) -> str:
    """Lines of a file with their numbers, or the names in a folder."""
    path = Path(str(given["path"]))
    if path.is_dir():
        return "\n".join(sorted(f"{p.name}/" if p.is_dir() else p.name for p in path.iterdir()))
    lines = path.read_text(errors="replace").splitlines()
    start = max(1, int(str(given.get("start") or 1)))
    count = int(str(given.get("lines") or LINES))
    shown = lines[start - 1 : start - 1 + count]
    found = "\n".join(f"{number:6}  {line}" for number, line in enumerate(shown, start))
    left = len(lines) - (start - 1 + len(shown))
    return found + (f"\n… {left} more lines" if left > 0 else "")


def search(given: dict[str, object]) -> str:
    """Lines that match a regular expression, below a folder."""
    wanted, found = re.compile(str(given["pattern"])), []
    for path in sorted(Path(str(given.get("path") or ".")).rglob("*")):
        if _SKIPPED & set(path.parts) or path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data[:8192]:
            continue
        for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
            if wanted.search(line):
                found.append(f"{path}:{number}: {line[:300]}")
            if len(found) >= MATCHES:
                return "\n".join([*found, "… and more"])
    return "\n".join(found) or "nothing matches"


def edit(given: dict[str, object]) -> str:
    """Replace a text that stands once in a file; with an empty `old`, write a new file."""
    path, old, new = Path(str(given["path"])), str(given.get("old") or ""), str(given.get("new"))
    if not old:
        if path.exists():
            raise ValueError(f"{path} is there already: say which text is replaced in `old`")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(new)
        return f"wrote {path}"
    text = path.read_text()
    count = text.count(old)
    if count != 1:
        raise ValueError(f"`old` stands {count} times in {path}, not once")
    path.write_text(text.replace(old, new))
    return f"edited {path}"


def run(given: dict[str, object]) -> str:
    """Run a shell command."""
    limit = float(str(given.get("timeout") or 300))
    with tempfile.TemporaryFile() as out:  # a pipe would be held open by what stays in background
        started = subprocess.Popen(
            ["/bin/sh", "-c", str(given["command"])], stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            code = started.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            raise ValueError(f"it ran longer than {limit:g} s and was killed") from None
        size = out.seek(0, os.SEEK_END)
        out.seek(max(0, size - 16 * MOST))
        text = out.read().decode(errors="replace")
    return text if code == 0 else f"exit {code}\n{text}"


TOOLS = {"read": read, "search": search, "edit": edit, "run": run}


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    try:
        text, fine = TOOLS[request["tool"]](request["arguments"]), True
    except KeyError as problem:
        text, fine = f"{problem} is missing", False
    except (OSError, ValueError, re.error) as problem:
        text, fine = str(problem), False
    if len(text) > MOST:
        half = MOST // 2
        text = f"{text[:half]}\n… {len(text) - MOST} characters left out …\n{text[-half:]}"
    json.dump({"ok": fine, "text": text}, sys.stdout)


if __name__ == "__main__":
    main()
