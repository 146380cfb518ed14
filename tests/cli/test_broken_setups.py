"""Whatever is broken: one error, one hint that can be typed, the right exit code, no traceback."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.repos import commit, user_git
from support.typing_in import edit, patch, refused, target

TRY = ("try", "../faster.patch")


@dataclass(frozen=True, slots=True)
class Broken:
    """A set-up, what is typed in it, and what must come back."""

    name: str
    break_it: Callable[[Path], object]
    args: tuple[str, ...]
    code: int
    says: str
    hint: str = ""
    json: bool = True
    """Whether the command has anything to say as JSON."""


def fine(root):
    patch(root, "faster", {"speed": "110\n"})


def config(old, new):
    return lambda root: edit(root, old, new)


def line(text, after="[goal]\n"):
    return config(after, f"{after}{text}\n")


def content(name, text):
    return lambda root: (root / name).write_bytes(
        text if isinstance(text, bytes) else text.encode()
    )


def gone(root):
    shutil.rmtree(root / ".git")


def unborn(root):
    gone(root)
    user_git(root, "init", "--quiet")


def committed(name, text):
    return lambda root: commit(root, {name: text})


def uncommitted(*names):
    return lambda root: [(root / name).write_text("7\n") for name in names]


def a_folder(name):
    def make(root):
        (root / name).unlink(missing_ok=True)
        (root / name).mkdir()

    return make


def emptied(root):
    for path in filter(Path.is_file, root.glob("*")):
        path.unlink()
    return root


PLACES = [
    Broken("no repository", gone, ("status",), 3, "not in a git repository", "git init"),
    Broken("no repository for a patch", gone, TRY, 3, "not in a git repository", "git init"),
    Broken("no commit", unborn, ("run",), 3, "has no commit", "git add"),
    Broken("no such folder", fine, ("-C", "nowhere", "status"), 2, "no folder", "whet"),
    Broken("no configuration", lambda r: (r / "whet.toml").unlink(), ("run",), 2, "no benchmark",
           "whet init --bench"),
    Broken("a changed file", uncommitted("speed"), ("run",), 3, "speed", "--base HEAD"),
    Broken("many changed files", uncommitted("speed", "memory", "answer"), ("run",), 3,
           "and 1 more", "--base HEAD"),
    Broken("no campaign", fine, ("status",), 3, "no campaign", "whet init"),
    Broken("a file where .whet should be", lambda r: (fine(r), content(".whet", "x")(r)), TRY, 3,
           ".whet"),
    Broken("whet.toml is a folder", a_folder("whet.toml"), ("run",), 2, "folder", "whet init"),
]  # fmt: skip

CONFIGURATION = [
    Broken("a broken table", config("[goal]", "[goal"), ("run",), 2, "whet.toml:1"),
    Broken("an open quote", config('"ops"', '"ops'), ("run",), 2, "whet.toml:2", "metric ="),
    Broken("an unknown key", line('min_efect = "1%"'), ("run",), 2, "min_efect", "min_effect"),
    Broken("an unknown table", config("[goal]", "[gaol]"), ("run",), 2, "gaol", "[goal]"),
    Broken("a number for text", config('"ops"', "7"), ("run",), 2, "must be text", "metric"),
    Broken("a duration without a unit", line('timeout = "15"', "[bench]\n"), ("run",), 2,
           "without a unit", "15s"),
    Broken("a bad duration", line('timeout = "soon"', "[bench]\n"), ("run",), 2, "soon", "15m"),
    Broken("a share of 200 %", config('"2%"\n\n[[guard', "2\n\n[[guard"), ("run",), 2, "200 %",
           "2%"),
    Broken("an unknown format", line('format = "gbench"', "[bench]\n"), ("run",), 2, "gbench"),
    Broken("a nearly known format", line('format = "llamabench"', "[bench]\n"), ("run",), 2,
           "llamabench", "llama-bench"),
    Broken("no path after json", line('format = "json:"', "[bench]\n"), ("run",), 2, "no number",
           "json:"),
    Broken("an empty command", config('"./bench.sh"', '""'), ("run",), 2, "empty", "command ="),
    Broken("no command", config('command = "./bench.sh"\n', ""), ("run",), 2, "no `command`",
           "command ="),
    Broken("no metric", config('metric = "ops"\n', ""), ("run",), 2, "no `metric`", "metric ="),
    Broken("a wrong direction", config('"higher"', '"up"'), ("run",), 2, "`up`", "higher"),
    Broken("the goal as a guard", config('"memory"', '"ops"'), ("run",), 2, "`ops`"),
    Broken("a secret", line('env = { API_KEY = "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFi" }',
           "[bench]\n"), ("run",), 2, "secret", "export API_KEY"),
    Broken("cores that are not there", lambda r: commit(r, {"whet.toml":
           (r / "whet.toml").read_text() + '\n[[workers]]\ncpus = "4000"\n'}), ("run",), 2,
           "core 4000", "cpus ="),
    Broken("an odd number of pairs", config("pairs_max = 12", "pairs_max = 13"), ("run",), 2,
           "13", "pairs_max = 12"),
    Broken("an unknown jail", config("[measure]", '[integrity]\nsandbox = "docker"\n\n[measure]'),
           ("run",), 2, "docker", "sandbox ="),
    Broken("a kind of agent without one", config("[measure]",
           '[agent]\nkind = "command"\n\n[measure]'), ("run",), 2, "there is none", "command ="),
    Broken("a pattern that leaves", config('"*.sh"', '"../x"'), ("run",), 2, "leaves"),
    Broken("an empty file", content("whet.toml", ""), ("run", "--base", "HEAD"), 2, "says nothing",
           "whet init"),
    Broken("another encoding", content("whet.toml", '[goal]\nmetric = "\xe4"\n'.encode("latin-1")),
           ("run", "--base", "HEAD"), 2, "not UTF-8", "iconv"),
    Broken("several mistakes", config('"2%"\n\n[[guard', '"2"\nmetrik = "x"\n\n[[guard'),
           ("run",), 2, "1 more"),
    Broken("get an unknown key", fine, ("config", "get", "goal.metrik"), 2, "goal.metrik",
           "whet config get goal.metric"),
    Broken("set an unknown key", fine, ("config", "set", "goal.min_efect", "1%"), 2, "min_efect",
           "whet config set goal.min_effect 1%"),
    Broken("set a bad value", fine, ("config", "set", "goal.min_effect", "lots"), 2, "lots"),
    Broken("check a bad file", line("nonsense = 1"), ("config", "check"), 2, "nonsense"),
]  # fmt: skip

ARGUMENTS = [
    Broken("a wrong command", fine, ("rnu", "--dry-run"), 2, "rnu", "whet run --dry-run"),
    Broken("nothing like a command", fine, ("xyzzy",), 2, "xyzzy", "whet --help"),
    Broken("a wrong command below one", fine, ("config", "chekc"), 2, "chekc", "whet config check"),
    Broken("a wrong option", fine, ("run", "--expriments=3"), 2, "--expriments",
           "whet run --experiments=3"),
    Broken("a missing argument", fine, ("why",), 2, "EXPERIMENT", "whet why"),
    Broken("a missing value", fine, ("run", "--hours"), 2, "--hours", "whet run --h"),
    Broken("no time at all", fine, ("run", "--hours", "0"), 2, "--hours", "whet run --hours 1"),
    Broken("too few pairs", fine, ("compare", "HEAD", "HEAD", "--pairs", "2"), 2, "--pairs",
           "--pairs 4"),
    Broken("an unknown colour", fine, ("list", "--color", "sometimes"), 2, "sometimes",
           "whet list --color"),
    Broken("an unknown shell", fine, ("completion", "tcsh"), 2, "tcsh", "whet completion", False),
    Broken("a malformed --set", fine, ("run", "--set", "goal.min_effect"), 2, "KEY=VALUE",
           "--set goal.min_effect="),
    Broken("an unknown key in --set", fine, ("run", "--set", "goal.mineffect=1%"), 2,
           "goal.mineffect", "--set goal.min_effect=1%"),
    Broken("a bad value in --set", fine, ("run", "--set", "goal.min_effect=lots"), 2, "lots",
           "--set goal.min_effect="),
    Broken("a bad value of an option", fine, ("run", "--min-effect", "lots"), 2, "lots", "2%"),
    Broken("quiet and loud", fine, ("run", "--quiet", "--display", "plain"), 2, "--quiet",
           "whet run --quiet"),
    Broken("no range", fine, ("ideas", "add", "x", "--predict", "soon"), 2, "soon", "2%..5%"),
    Broken("an idea without a word", fine, ("ideas", "add", " "), 2, "title", "whet ideas add"),
    Broken("remove results, ask nobody", fine, ("clean", "--results"), 2, "nobody",
           "whet clean --results --yes"),
    Broken("a demo in a full folder", fine, ("demo", "--dir", "."), 2, "not empty", "whet demo"),
]  # fmt: skip

CHANGES = [
    Broken("no such patch", fine, ("try", "nowhere.patch"), 2, "nowhere.patch", "git"),
    Broken("no patch", content("notes.txt", "hello"), ("try", "notes.txt"), 2, "not a patch",
           "git diff"),
    Broken("an empty patch", content("empty.patch", ""), ("try", "empty.patch"), 2, "empty",
           "git diff"),
    Broken("the base itself", fine, ("try", "HEAD"), 2, "nothing", "git"),
    Broken("an unknown base", fine, (*TRY, "--base", "v9"), 2, "v9", "git"),
    Broken("an unknown side", fine, ("compare", "HEAD", "v9"), 2, "v9", "git"),
    Broken("a side that does not apply", lambda r: (fine(r), commit(r, {"speed": "55\n"})),
           ("compare", "HEAD", "../faster.patch"), 2, "does not apply", "git apply"),
    Broken("an empty queue", fine, ("run",), 3, "queue", "whet ideas add"),
]  # fmt: skip


INIT = [
    Broken("a configuration is here already", fine, ("init",), 2, "is here already", "whet.toml"),
    Broken("nothing says what to measure", lambda r: commit(emptied(r), {"a.c": "int a;\n"}),
           ("init", "--yes"), 2, "benchmark", "whet init --bench"),
    Broken("two metrics and no word", lambda r: (r / "whet.toml").unlink(), ("init", "--yes"), 2,
           "which is the goal", "whet init --bench ./bench.sh --metric ops"),
    Broken("an unknown format for init", lambda r: (r / "whet.toml").unlink(),
           ("init", "--bench", "x", "--metric", "y", "--adapter", "gbench"), 2, "gbench"),
]  # fmt: skip


@pytest.mark.parametrize(
    "broken", [*PLACES, *CONFIGURATION, *ARGUMENTS, *CHANGES, *INIT], ids=lambda broken: broken.name
)
def test_what_is_broken_is_told_with_a_way_out(broken, tmp_path, say):
    root = target(tmp_path / "target")
    broken.break_it(root)
    agrees(say(root, *broken.args), broken)
    if not broken.json:
        return
    answer = say(root, *broken.args, "--json")
    agrees(answer, broken)
    document = answer.document
    assert document["kind"] == "error"
    assert document["exit_code"] == broken.code
    assert document["message"] == answer.line("error")
    assert document["hint"] == answer.line("hint")


def agrees(answer, broken):
    refused(answer, broken.code, broken.says, broken.hint)


def test_init_writes_one_file_and_what_it_wrote_is_used(root, say):
    before = {path.name for path in root.iterdir()}
    (root / "whet.toml").unlink()
    answer = say(root, "init", "--bench", "./bench.sh", "--metric", "ops", "--higher",
                 "--checks", "./check.sh", "--build", "./build.sh", "--yes")  # fmt: skip
    assert answer.code == 0, answer.err
    assert "Next: whet doctor" in answer.out
    assert {path.name for path in root.iterdir()} == before
    assert "/.whet/" in (root / ".git" / "info" / "exclude").read_text().splitlines()
    assert say(root, "config", "check").code == 0
    assert say(root, "config", "get", "goal.direction").out == "higher\n"


def test_a_dry_init_writes_nothing(root, say):
    (root / "whet.toml").unlink()
    answer = say(root, "init", "--bench", "./bench.sh", "--metric", "ops", "--dry-run", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["written"] is False
    assert not (root / "whet.toml").exists()
