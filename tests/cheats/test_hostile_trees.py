"""What an agent leaves behind may be anything: it is taken as files, and nothing of it is run."""

import json
import shlex

import pytest

from support.repos import commit
from support.typing_in import edit, target, whet

pytestmark = pytest.mark.slow

EDIT = "echo $WHET_IDEA >speed.md\n"
GIT = "git -c user.name=x -c user.email=x@example.org"
PWN = "touch {pwned}"
TOOL = """\
for hook in post-index-change pre-commit post-checkout reference-transaction; do
  printf '#!/bin/sh\\n{pwn}\\n' >.git/hooks/$hook; chmod +x .git/hooks/$hook
done
git config core.fsmonitor 'sh -c "{pwn}"'; git config diff.external '{pwn}'
git config core.hooksPath .git/hooks; git config diff.x.textconv '{pwn}'
"""
FILTER = """\
git config filter.evil.clean '{pwn}'; git config filter.evil.process '{pwn}'
echo '* filter=evil' >.gitattributes
"""
TAKEN, PLUMBING = ("speed.md",), "which tells git what to look at"
CASES = {
    "plain edit": (EDIT, TAKEN),
    "committed": (EDIT + f"git add -A; {GIT} commit -qm x", TAKEN),
    "amended and packed": (EDIT + f"git add -A; {GIT} commit -q --amend -m x; git branch -m z;"
                           " git gc -q --prune=now", TAKEN),
    "no repository any more": (EDIT + "rm -rf .git", TAKEN),
    "marked as unchanged": ("echo 101 >extra; git update-index --skip-worktree extra", ("extra",)),
    "hooks and monitors": (EDIT + TOOL, TAKEN),
    "a filter": (EDIT + FILTER, PLUMBING),
    "git is a link": (EDIT + "mv .git ../elsewhere; ln -s ../elsewhere .git", TAKEN),
    "new and binary files": (EDIT + "mkdir -p n/d; echo 1 >n/d/f; head -c 3000 /dev/zero >n/b.txt",
                             ("n/b.txt", "n/d/f", "speed.md")),
    "odd names": ("echo 1 >'a b'; printf 2 >\"$(printf 'n\\nl')\"; echo 3 >'ü\"q'; echo 4 >./-x",
                  ("-x", "a b", "n\nl", 'ü"q')),
    "ignored files": (EDIT + "echo x >built; echo speed.md >>.git/info/exclude", TAKEN),
    "ignores its own cheat": (EDIT + "echo sitecustomize.py >>.gitignore; echo 1 >sitecustomize.py",
                              PLUMBING),
    "a mode": ("chmod +x extra", "changes the mode of extra"),
    "the benchmark changed": ("rm -f bench.sh; echo 'echo METRIC ops=9e9' >bench.sh; " + EDIT,
                              ("speed.md", "is protected")),
    "a file beside the benchmark": ("echo 'echo METRIC ops=9e9' >better.sh", "is protected"),
    "what python runs first": ("echo 1 >conftest.py", "which tells agents or Python what to do"),
    "a link to the outside": ("ln -s /etc/passwd p", "outside the tree"),
    "a link inside": (EDIT + "ln -s speed s2", ("s2", "speed.md")),
    "a repository inside": (f"mkdir v; cd v; git init -q; echo 1 >f; git add f; {GIT} commit -qm x",
                            ("v/f",)),
    "a huge file": ("head -c 9000000 /dev/urandom | od >big", "lines"),
    "nothing": ("true", "no file was changed"),
}  # fmt: skip


def test_every_hostile_tree_is_files_or_is_refused(tmp_path):
    root, pwned = target(tmp_path / "target"), tmp_path / "PWNED"
    edit(root, "[checks]", "[run]\nmax_experiments = 40\nideas_per_wave = 40\n\n[research]\n"
         "before_run = false\n\n[checks]")  # fmt: skip
    pwn = PWN.format(pwned=pwned)
    lines = ["#!/bin/sh", "case $WHET_IDEA in"]
    for number, (script, _) in enumerate(CASES.values(), start=1):
        lines += [f"I{number:02})", script.replace("{pwn}", pwn), ";;"]
    agent = tmp_path / "agent.sh"
    agent.write_text("\n".join([*lines, "esac"]))
    agent.chmod(0o755)
    commit(root)
    for name in CASES:
        assert whet(root, "ideas", "add", name).code == 0
    done = whet(root, "run", "--agent", shlex.quote(str(agent)), "--json", "--display", "none")
    assert done.code == 0, done.err
    (ledger,) = root.glob(".whet/campaigns/*/events.jsonl")
    events = [json.loads(line)["event"] for line in ledger.read_bytes().splitlines()]
    opened = {e["experiment"]: e["candidate"] for e in events if e["type"] == "experiment.opened"}
    said = {e["experiment"]: e["verdict"] for e in events if e["type"] == "verdict.given"}
    assert len(opened) == len(said) == len(CASES)
    assert not pwned.exists()
    for (name, (_, wanted)), key in zip(CASES.items(), sorted(opened), strict=True):
        got = (sorted(c["path"] for c in opened[key]["changes"]), said[key]["reason"])
        if isinstance(wanted, str):
            assert wanted in got[1], (name, got)
        elif wanted[-1] == "is protected":  # in a jail the file cannot be written at all
            assert got[0] in (["speed.md"], ["bench.sh", "speed.md"]), (name, got)
            assert said[key]["kind"] != "kept"
        else:
            assert got[0] == sorted(wanted), (name, got)
    assert [one for one in said.values() if one["kind"] == "kept"] == []
