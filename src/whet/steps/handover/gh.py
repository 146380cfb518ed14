"""GitHub's own command, asked in the words it documents; whoever is signed in there is the user."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from whet import proc
from whet.errors import InfraError

_TIMEOUT = 120.0
_URL = re.compile(
    r"^(?:https?://(?:[^@/]+@)?|ssh://(?:[^@/]+@)?|[^@/:]+@)(?P<host>[^/:]+)(?::\d+)?[/:]"
    r"(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """A repository on a host that `gh` speaks to."""

    host: str
    owner: str
    name: str

    def __str__(self) -> str:
        """As `gh --repo` wants it."""
        short = f"{self.owner}/{self.name}"
        return short if self.host == "github.com" else f"{self.host}/{short}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A pull request of the user's that is open."""

    number: int
    title: str
    url: str
    branch: str


def hosted(url: str) -> Hosted | None:
    """The repository an address names, or None where it is no address of a forge."""
    match = _URL.match(url)
    return Hosted(**match.groupdict()) if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gh:
    """`gh` for one repository; `folder` is where it runs."""

    folder: Path
    repo: Hosted

    def signed_in(self) -> None:
        """Make sure that somebody is.

        Raises:
            InfraError: nobody is, or there is no `gh`.
        """
        done = self._run("auth", "status", "--hostname", self.repo.host)
        if not done.ok:
            raise InfraError(
                f"gh is not signed in to {self.repo.host}",
                hint=f"gh auth login --hostname {self.repo.host}",
            )

    def open_ones(self) -> tuple[Open, ...]:
        """The user's open pull requests there.

        Raises:
            InfraError: GitHub did not answer.
        """
        out = self._asked(
            "pr", "list", "--repo", str(self.repo), "--author", "@me", "--state", "open",
            "--limit", "100", "--json", "number,title,url,headRefName",
        )  # fmt: skip
        try:
            return tuple(
                Open(number=one["number"], title=one["title"], url=one["url"],
                     branch=one["headRefName"])
                for one in json.loads(out)
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise InfraError("gh answered something else", hint="gh --version") from error

    def create(self, *, base: str, head: str, title: str, body: Path) -> str:
        """Open a draft and return its address.

        Raises:
            InfraError: GitHub refused.
        """
        return self._asked(
            "pr", "create", "--repo", str(self.repo), "--draft", "--base", base, "--head", head,
            "--title", title, "--body-file", str(body),
        ).strip()  # fmt: skip

    def _asked(self, *args: str) -> str:
        done = self._run(*args)
        if not done.ok:
            said = done.tail(6) or done.how
            raise InfraError(
                f"gh {args[0]} {args[1]}: {said.splitlines()[-1]}", hint="gh auth status",
                details=said.splitlines(),
            )  # fmt: skip
        return done.text

    def _run(self, *args: str) -> proc.Completed:
        quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
        env = {**os.environ, **quiet}
        try:
            return proc.run(["gh", *args], cwd=self.folder, env=env, timeout=_TIMEOUT)
        except FileNotFoundError as error:
            raise InfraError(
                "gh is not installed, and drafts are opened with it",
                hint="install it from your packages, then: `gh auth login`",
            ) from error
