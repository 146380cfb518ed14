"""The typed-in target with an upstream that has gone on."""

from pathlib import Path

from support.repos import commit, user_git, write
from support.typing_in import FILES, target

ORIGIN = "refs/remotes/origin/main"


def project(root: Path, **files: str) -> Path:
    """The target with an author, and an upstream that is where the campaign begins."""
    target(root)
    write(root, files)
    for script in root.glob("*.sh"):
        script.chmod(0o755)
    commit(root, message="Begin")
    user_git(root, "config", "user.name", "A User")
    user_git(root, "config", "user.email", "user@example.org")
    user_git(root, "update-ref", ORIGIN, "HEAD")
    return root


def upstream(root: Path, files: dict[str, str], message: str = "Go on") -> str:
    """One more commit upstream; the user's branch and checkout stay."""
    here = user_git(root, "symbolic-ref", "--short", "HEAD")
    user_git(root, "checkout", "--quiet", "--detach", ORIGIN)
    made = added(root, files, message)
    user_git(root, "update-ref", ORIGIN, made)
    user_git(root, "checkout", "--quiet", here)
    return made


def added(root: Path, files: dict[str, str], message: str = "Add") -> str:
    """A commit of these files on whatever is checked out; ignored folders stay out of it."""
    write(root, files)
    user_git(root, "add", "--", *files)
    user_git(root, "commit", "--quiet", "-m", message)
    return user_git(root, "rev-parse", "HEAD")


def without_harness(root: Path) -> None:
    """An upstream that has never heard of whet: no whet.toml, no benchmark, no checks."""
    user_git(root, "checkout", "--quiet", "--orphan", "plain")
    user_git(root, "rm", "--quiet", "--cached", "*.sh", "whet.toml")
    user_git(root, "commit", "--quiet", "-m", "The project")
    user_git(root, "update-ref", ORIGIN, "HEAD")
    user_git(root, "branch", "--quiet", "-D", "main")
    user_git(root, "branch", "--quiet", "-m", "main")
    user_git(root, "add", "--all", "--force", "--", *(name for name in FILES if "." in name))
    user_git(root, "commit", "--quiet", "-m", "Measure it")
