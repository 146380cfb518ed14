"""A comparison told to the GitHub job it runs in; what cannot be told fails nothing."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from whet.report.job import Job, command, marker

_PAGES = 20
_TIMEOUT = 20.0
_LARGEST = 16 * 1024 * 1024


def tell(found: Job, environ: Mapping[str, str], *, comment: bool) -> tuple[str, ...]:
    """Write the summary and the outputs, and keep one comment up to date.

    Args:
        found: what there is to say.
        environ: of the job: `GITHUB_STEP_SUMMARY`, `GITHUB_OUTPUT`, `GITHUB_EVENT_PATH` …
        comment: whether to write one.

    Returns:
        Lines for standard output that GitHub turns into annotations.
    """
    _append(environ.get("GITHUB_STEP_SUMMARY", ""), found.text)
    lines = "".join(f"{name}={value}\n" for name, value in found.outputs)
    _append(environ.get("GITHUB_OUTPUT", ""), lines)
    level = {"slower": "warning", "too_noisy": "warning"}.get(found.conclusion, "notice")
    said = [command(level, found.title, found.sentence)]
    problem = _comment(found, environ) if comment else ""
    if problem:
        said.append(command("warning", found.title, f"No comment was written: {problem}"))
    return tuple(said)


def _append(path: str, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def _comment(found: Job, environ: Mapping[str, str]) -> str:
    """Why there is no comment, or nothing."""
    number = _pull_request(environ)
    if not number:
        return ""  # a push has nothing to comment on
    token, repo = environ.get("GITHUB_TOKEN", ""), environ.get("GITHUB_REPOSITORY", "")
    if not token or not repo:
        return "there is no token"
    api = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    issues = f"{api}/repos/{repo}/issues"
    body = f"{marker(found.title)}\n{found.text}"
    try:
        old = _ours(f"{issues}/{number}/comments", marker(found.title), token)
        if old:
            _ask("PATCH", f"{issues}/comments/{old}", token, {"body": body})
        else:
            _ask("POST", f"{issues}/{number}/comments", token, {"body": body})
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 404):
            return "the token may not; it needs `pull-requests: write`, and has not in a fork"
        return f"GitHub answered {error.code}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"GitHub could not be asked: {error}"
    return ""


def _pull_request(environ: Mapping[str, str]) -> int:
    try:
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_bytes())
        return int(event["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _ours(url: str, mark: str, token: str) -> int:
    """The number of the comment that begins with a mark, the oldest one, or 0."""
    for page in range(1, _PAGES + 1):
        rows = _ask("GET", f"{url}?per_page=100&page={page}", token)
        assert isinstance(rows, list)
        for row in rows:
            if str(row["body"]).startswith(mark):
                return int(row["id"])
        if len(rows) < 100:
            break
    return 0


def _ask(method: str, url: str, token: str, data: Mapping[str, str] | None = None) -> object:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("the address is not https")
    asked = urllib.request.Request(  # noqa: S310 (checked above)
        url, method=method, data=json.dumps(data).encode() if data is not None else None,
        headers={
            "Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json",
            "Content-Type": "application/json", "User-Agent": "whet",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )  # fmt: skip
    with urllib.request.urlopen(asked, timeout=_TIMEOUT) as answer:  # noqa: S310
        return json.loads(answer.read(_LARGEST))
