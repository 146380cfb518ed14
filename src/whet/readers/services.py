"""The services that readers ask, and how each of them wants to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service. Its secret goes to its own origin, and is neither stored nor printed."""

    name: str
    url: str
    """What every path is put behind."""
    gap: float
    """Seconds between two requests, kept by all processes of this user together."""
    header: str = ""
    parameter: str = ""
    """Where the secret goes: into a header, or into the query."""
    secret: str = ""
    gives_up: bool = False
    """Whether a service that is busy is left alone, not asked again."""
    invitation: str = ""
    """What to type to be allowed more."""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return origin(self.url)

    def __repr__(self) -> str:
        """Without the secret: this may end up in a traceback."""
        return f"Service({self.name}, {self.url})"


def origin(url: str) -> str:
    """`https://host:port` of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


_KNOWN = (
    Service(name="github", url="https://api.github.com", gap=0.25, header="Authorization",
            invitation="export GITHUB_TOKEN=..."),
    # https://info.arxiv.org/help/api/tou.html: one request every three seconds, one connection
    Service(name="arxiv", url="https://export.arxiv.org", gap=3.0, gives_up=True),
    Service(name="openalex", url="https://api.openalex.org", gap=0.1, parameter="api_key",
            invitation="export OPENALEX_API_KEY=..."),
    Service(name="semantic_scholar", url="https://api.semanticscholar.org/graph/v1", gap=3.0,
            header="x-api-key", invitation="export S2_API_KEY=..."),
)  # fmt: skip

NAMES = tuple(service.name for service in _KNOWN)

_SECRETS: Mapping[str, tuple[str, ...]] = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "openalex": ("OPENALEX_API_KEY",),
    "semantic_scholar": ("S2_API_KEY", "SEMANTIC_SCHOLAR_API_KEY"),
}


def services(environ: Mapping[str, str], endpoints: Mapping[str, str]) -> dict[str, Service]:
    """Every service by name.

    A secret goes to the service's own address, or to the one that a variable names. It never goes
    to an address from `endpoints`: those come from a file that anybody may have written.

    Args:
        environ: variables with secrets; `GITHUB_API_URL` is the address of another GitHub.
        endpoints: other addresses by the service's name.
    """
    found = {}
    for service in _KNOWN:
        own = service
        trusted = True
        if service.name == "github" and environ.get("GITHUB_API_URL"):
            own = replace(own, url=environ["GITHUB_API_URL"].rstrip("/"))
            if urlsplit(own.url).hostname in ("127.0.0.1", "::1", "localhost"):
                own = replace(own, gap=0.0)  # this machine need not be spared
        elif service.name in endpoints:
            own, trusted = replace(own, url=endpoints[service.name].rstrip("/")), False
        names = _SECRETS.get(service.name, ()) if trusted else ()
        secret = next((environ[name].strip() for name in names if environ.get(name)), "")
        if secret and service.name == "semantic_scholar":
            own = replace(own, gap=1.0)  # what one key is allowed
        found[service.name] = replace(own, secret=secret)
    return found
