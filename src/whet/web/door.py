"""Who is let in: this machine's own browser, or whoever has the token. Nobody's page on the web."""

import hmac
import ipaddress
import platform
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "whet-token"

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What stands before the pages."""

    app: ASGIApp
    host: str
    """What the server listens on."""
    token: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what may not come in, and let the rest through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = self._refused(scope) or self._unknown(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (answer or self.app)(scope, receive, dressed)

    def _refused(self, scope: Scope) -> Response | None:
        """A name that is not ours (DNS rebinding), or a page of another origin."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_ours(_name(host), self.host):
            return PlainTextResponse("this page is not served under that name\n", 400)
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return PlainTextResponse("this page is not for other origins\n", 403)
        foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        if foreign and headers.get("sec-fetch-mode") != "navigate":
            return PlainTextResponse("this page is not for other origins\n", 403)
        return None

    def _unknown(self, scope: Scope) -> Response | None:
        """Whoever has not shown the token; an address that holds it is left at once."""
        if not self.token:
            return None
        headers = Headers(scope=scope)
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if asked and self._knows(asked):
            answer = RedirectResponse(scope["path"], 303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return answer
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._knows(shown):
            return None
        if self._knows(_cookie(headers.get("cookie", ""))):
            return None
        return PlainTextResponse("open the address with its ?token=\n", 401)

    def _knows(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self.token.encode())


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_ours(name: str, host: str) -> bool:
    """Whether a page may be asked for under this name.

    A name that somebody else's server answers for could lead a browser here with that somebody's
    script; an address cannot, and neither can the names this machine was given.
    """
    if is_loopback(host):
        return is_loopback(name)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.lower() in {host.lower(), "localhost", platform.node().lower()}
    return True


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
