"""Where a foreign repository is: what a person typed, as git may be given it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from whet.errors import UserError
from whet.git.call import GitError, git

_HINT = "write `https://HOST/OWNER/REPO`, `git@HOST:OWNER/REPO`, or a folder"
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_SCP = re.compile(r"(?:(?P<user>[A-Za-z0-9._-]+)@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^:\s][^\s]*)")
_SHORT = re.compile(r"(?P<owner>[A-Za-z0-9][A-Za-z0-9-]*)/(?P<repo>[A-Za-z0-9._-]+)")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:]+\](?::\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A repository that can be fetched."""

    url: str
    """What git is given: https, ssh, or the absolute path of a folder."""
    name: str
    """The same for every way of writing it: `github.com/owner/repo`, or
    `local/folder`."""
    local: bool = False

    def commit_url(self, commit: str) -> str:
        """Where a person can look at a commit."""
        if not self.name.startswith(("github.com/", "gitlab.com/", "codeberg.org/")):
            return f"{self.name}@{commit[:12]}"
        return f"https://{self.name}/commit/{commit}"


def address(text: str, start: Path) -> Address:
    """What a person means.

    Args:
        text: a URL, `user@host:path`, `owner/repo` of GitHub, or a folder.
        start: the folder that relative paths begin at.

    Raises:
        UserError: it is none of these, by a protocol that is not allowed, or holds a password.
    """
    if not text or text.startswith("-") or not text.isprintable():
        raise UserError(f"`{text}` is not a repository", hint=_HINT)
    url = _URL.fullmatch(text)
    if url is not None:
        return _of_url(text, url["scheme"].lower(), url["rest"], start)
    folder = start / Path(text).expanduser()
    if folder.is_dir():
        return _of_folder(folder)
    if "::" in text:
        raise UserError(f"`{text}` names a helper program, and none is run", hint=_HINT)
    short, scp = _SHORT.fullmatch(text), _SCP.fullmatch(text)
    if short is not None:
        repo = short["repo"].removesuffix(".git")
        name = f"github.com/{short['owner']}/{repo}"
        return Address(url=f"https://{name}", name=name)
    if scp is not None and not scp["host"].startswith("-") and not scp["path"].startswith("-"):
        return Address(url=text, name=_name(scp["host"], scp["path"]))
    raise UserError(f"there is no repository `{text}`", hint=_HINT)


def _of_url(text: str, scheme: str, rest: str, start: Path) -> Address:
    if scheme == "file":
        return _of_folder(start / rest)
    if scheme not in ("https", "ssh"):
        raise UserError(f"`{scheme}` is not allowed: https, ssh or a folder", hint=_HINT)
    place, _, path = rest.partition("/")
    user, _, host = place.rpartition("@")
    if ":" in user or (user and scheme == "https"):
        raise UserError("a password in an address would end up in the record",
                        hint=f"use a key: `git@{host}:{path}`")  # fmt: skip
    if not _HOST.fullmatch(host) or host.startswith("-") or not path or user.startswith("-"):
        raise UserError(f"`{text}` is not a repository", hint=_HINT)
    return Address(url=f"{scheme}://{rest}", name=_name(host, path))


def _of_folder(folder: Path) -> Address:
    whole = folder.resolve()
    if not whole.is_dir():
        raise UserError(f"there is no folder {folder}", hint=_HINT)
    return Address(url=os.fspath(whole), name=_clone_of(folder, whole), local=True)


def _clone_of(folder: Path, whole: Path) -> str:
    """What a folder is a clone of: that is its name on every machine."""
    try:
        out = git("config", "--get", "remote.origin.url",
                  git_dir=whole / ".git" if (whole / ".git").is_dir() else whole)  # fmt: skip
        origin = out.decode(errors="replace").strip()
        if _URL.fullmatch(origin) or not Path(origin).is_absolute():
            return address(origin, Path("/nonexistent")).name
    except (GitError, UserError):
        pass
    shown = folder.absolute()
    shown = shown.parent if shown.name == ".git" else shown
    return f"local/{shown.name.removesuffix('.git')}"


def _name(host: str, path: str) -> str:
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"
