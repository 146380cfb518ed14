"""What a candidate may change, asked of the list of changed files alone."""

import posixpath
import shlex
from collections.abc import Collection, Iterable, Sequence

from whet.model.config import Scope
from whet.model.idea import Change

PLUMBING = frozenset({".gitattributes", ".gitmodules", ".gitignore"})

MANIFESTS = frozenset({
    "requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "poetry.lock",
    "uv.lock", "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "Cargo.toml",
    "Cargo.lock", "go.mod", "go.sum", "Gemfile", "Gemfile.lock", "pom.xml", "build.gradle",
    "build.gradle.kts", "conanfile.txt", "conanfile.py", "vcpkg.json", "composer.json",
})  # fmt: skip

_TOLD = frozenset({
    "AGENTS.md", "AGENT.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", "QWEN.md", ".goosehints",
    ".cursorrules", ".windsurfrules", ".aider.conf.yml", ".mcp.json", "mcp.json", "opencode.json",
    "opencode.jsonc", "SKILL.md",
})  # fmt: skip
"""What coding agents read and obey wherever it lies."""

_TOLD_IN = frozenset({
    ".agents", ".claude", ".claude-plugin", ".codex", ".codex-plugin", ".cursor", ".cursor-plugin",
    ".gemini", ".goose", ".opencode", ".openhands", ".pi", ".github", ".vscode", ".devcontainer",
})  # fmt: skip

_HOOKS = frozenset({"conftest.py", "sitecustomize.py", "usercustomize.py"})
"""What Python runs before anything else: the checks and the benchmark included."""

_OURS = frozenset({".git", ".whet"})
_SUBMODULE, _LINK = "160000", "120000"


def problem(
    scope: Scope,
    changes: Sequence[Change],
    *,
    allowed: Collection[str],
    protected: Collection[str],
) -> str:
    """The first reason why these changes are out of scope, or nothing.

    Args:
        scope: the limits.
        changes: what the candidate does to each file.
        allowed: changed paths that `scope.allow` matches.
        protected: changed paths that `scope.protect` matches.
    """
    for change in changes:
        complaint = _one(scope, change, allowed, protected)
        if complaint:
            return complaint
    if len(changes) > scope.max_files:
        return f"changes {len(changes)} files, at most {scope.max_files} are allowed"
    lines = sum(change.added + change.removed for change in changes)
    if lines > scope.max_lines:
        return f"changes {lines} lines, at most {scope.max_lines} are allowed"
    return ""


def _one(scope: Scope, change: Change, allowed: Collection[str], protected: Collection[str]) -> str:
    path, name = change.path, posixpath.basename(change.path)
    if path.split("/", maxsplit=1)[0] in _OURS:
        return f"changes {path}, which is no part of the target"
    if path in protected:
        return f"changes {path}, which is protected"
    told = "git what to look at" if name in PLUMBING else "agents or Python what to do"
    if name in PLUMBING or steers(path):
        return f"changes {path}, which tells {told}"
    if _SUBMODULE in (change.old_mode, change.new_mode):
        return f"changes the submodule {path}"
    if change.new_mode == _LINK and _leaves(path, change.link):
        return f"{path} links to {change.link}, outside the tree"
    if name in MANIFESTS and not scope.new_dependencies:
        return f"changes {path}, which can add dependencies"
    if path not in allowed:
        return f"changes {path}, which is not among the files that may change"
    if change.binary and not scope.binaries:
        return f"changes the binary file {path}"
    if change.status == "M" and change.old_mode != change.new_mode and not scope.modes:
        return f"changes the mode of {path} from {change.old_mode} to {change.new_mode}"
    return ""


def steers(path: str) -> bool:
    """Whether a file would tell the next agent, or whatever runs, what to do beside the code."""
    folders, name = path.split("/")[:-1], posixpath.basename(path)
    named = name in _TOLD or name in _HOOKS or name.endswith(".pth")
    return named or not _TOLD_IN.isdisjoint(folders)


def _leaves(path: str, link: str) -> bool:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    return posixpath.isabs(link) or target == ".." or target.startswith("../")


_INTERPRETERS = frozenset({
    "sh", "bash", "dash", "zsh", "python", "python3", "node", "ruby", "perl", "php", "lua",
    "Rscript", "julia", "deno", "bun", "time", "nice", "exec", "env",
})  # fmt: skip


def scripts(commands: Iterable[str], files: Collection[str]) -> tuple[str, ...]:
    """Tracked files that commands run as programs: what judges a candidate is not a candidate's.

    A source file that a command compiles is not one of them.
    """
    found = []
    for command in commands:
        for part in _simple_commands(command):
            words = [word for word in part if "=" not in word and not word.startswith("-")]
            while words and posixpath.basename(words[0]) in _INTERPRETERS:
                words = words[1:]
            path = posixpath.normpath(words[0]) if words else ""
            if path in files and path not in found:
                found.append(path)
    return tuple(found)


def _simple_commands(command: str) -> list[list[str]]:
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return []
    parts: list[list[str]] = [[]]
    for word in words:
        if set(word) <= set("&|;()<>\n"):
            parts.append([])
        else:
            parts[-1].append(word)
    return parts
