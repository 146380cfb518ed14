#!/usr/bin/env python3
"""A stand-in for gh that takes the arguments the real one documents, records them, and answers.

Flags are those of gh 2.x (`gh pr create --help`, `gh pr list --help`, `gh auth status --help`);
whatever else it is given, it refuses as gh does. `$GH_STAND_IN` is a folder: `open.json` and
`signed-out` decide the answers, `calls.jsonl` gets one line for each call.
"""

import json
import os
import sys
from pathlib import Path

VALUE = {
    ("pr", "create"): {"-R": "--repo", "-B": "--base", "-H": "--head", "-t": "--title",
                       "-b": "--body", "-F": "--body-file", "-a": "--assignee", "-l": "--label"},
    ("pr", "list"): {"-R": "--repo", "-A": "--author", "-s": "--state", "-L": "--limit",
                     "-B": "--base", "-H": "--head", "-q": "--jq", "--json": "--json"},
    ("auth", "status"): {"-h": "--hostname"},
}  # fmt: skip
SWITCH = {("pr", "create"): {"-d": "--draft", "-f": "--fill", "-w": "--web"},
          ("pr", "list"): {"-d": "--draft", "-w": "--web"},
          ("auth", "status"): {"-t": "--show-token"}}  # fmt: skip


def fail(text, code=1):
    sys.stderr.write(f"{text}\n")
    raise SystemExit(code)


def parsed(words):
    """Flags by their long names."""
    command, rest, found = tuple(words[:2]), list(words[2:]), {}
    if command not in VALUE:
        fail(f'unknown command "{" ".join(words[:2])}" for "gh"')
    while rest:
        word = rest.pop(0)
        name = VALUE[command].get(word, word)
        if name in VALUE[command].values():
            if not rest:
                fail(f"flag needs an argument: {word}")
            found[name] = rest.pop(0)
        elif SWITCH[command].get(word, word) in SWITCH[command].values():
            found[SWITCH[command].get(word, word)] = True
        else:
            fail(f"unknown flag: {word}")
    return command, found


def main():
    folder = Path(os.environ["GH_STAND_IN"])
    command, flags = parsed(sys.argv[1:])
    if "--body-file" in flags:
        flags["body"] = Path(flags["--body-file"]).read_text(encoding="utf-8")
    with (folder / "calls.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"command": " ".join(command), **flags}) + "\n")
    if (folder / "signed-out").exists():
        fail("You are not logged into any GitHub hosts. Run gh auth login to authenticate.")
    if command == ("auth", "status"):
        sys.stderr.write("github.com\n  Logged in to github.com as user\n")
    elif command == ("pr", "list"):
        asked = flags["--json"].split(",")
        path = folder / "open.json"
        rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        sys.stdout.write(json.dumps([{name: row[name] for name in asked} for row in rows]))
    else:
        if os.environ.get("GH_PROMPT_DISABLED") and not {"--title", "--head"} <= flags.keys():
            fail("must provide `--title` and `--body` (or `--fill`) when not running interactively")
        host = "https://github.com"
        sys.stdout.write(f"{host}/{flags['--repo']}/pull/77\n")


if __name__ == "__main__":
    main()
