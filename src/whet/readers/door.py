"""The only way to the network for readers.

Everything that comes through is data: no cookie is kept, no credential leaves its origin, nothing
larger than asked for is read, and every answer is stored, so that a run can be repeated without.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlencode, urljoin, urlsplit

from whet.model.research import Effort
from whet.ports import Clock
from whet.readers.answers import Answer, Answers, Line, Unread
from whet.readers.manners import Manners
from whet.readers.services import Service, origin
from whet.version import version

if TYPE_CHECKING:
    import httpx

Mode = Literal["live", "offline", "replay"]

_FRESH = 24 * 3600.0
"""Seconds for which an answer without a validator is as good as a new one."""

_PATIENCE = 60.0
"""Seconds that a service may ask us to wait; when it asks for more, it is left alone."""

_REDIRECTS = 5
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one run may take."""

    requests: int = 300
    megabytes: float = 500.0
    timeout: float = 20.0
    """Seconds without a byte."""
    deadline: float = 120.0
    """Seconds for one answer in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    service: Service
    key: str
    url: str
    accept: str
    most: int
    known: Line | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Door:
    """Asks services, politely; `journal` tells every answer that was used, in order."""

    answers: Answers
    manners: Manners
    clock: Clock
    services: Mapping[str, Service]
    mode: Mode = "live"
    limits: Limits = Limits()
    journal: list[Line] = field(default_factory=list)
    recorded: Mapping[str, Line] = field(default_factory=dict)
    """What a run that is repeated was told."""
    pause: Callable[[float], None] = time.sleep
    spent: Effort = Effort()
    _shut: dict[str, str] = field(default_factory=dict)
    _client: "httpx.Client | None" = None

    def get(
        self, service: str, path: str, parameters: Mapping[str, str | int] | None = None, *,
        accept: str = "application/json", most: int = 8 * _MEGABYTE,
    ) -> Answer:  # fmt: skip
        """Ask a service.

        Args:
            service: its name.
            path: behind the service's address; may begin with the address itself.
            parameters: of the query.
            accept: the media type wanted.
            most: bytes that an answer may have.

        Raises:
            Unread: there is no answer, or not a good one.
        """
        asked = self.services[service]
        url = path if path.startswith(asked.url) else f"{asked.url}/{path.lstrip('/')}"
        if parameters:
            url += "?" + urlencode(parameters, quote_via=quote)
        key = f"GET {url} {accept}"
        if self.mode == "replay":
            return self._as_recorded(key)
        known = self.answers.find(key)
        question = _Question(service=asked, key=key, url=url, accept=accept, most=most, known=known)
        try:
            line = self._line(question)
        except Unread as problem:
            self.journal.append(Line(key=key, status=0, digest="", failed=str(problem)))
            raise
        self.journal.append(line)
        return _good(self.answers.whole(line))

    def close(self) -> None:
        """Close connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _as_recorded(self, key: str) -> Answer:
        line = self.recorded.get(key)
        if line is None:
            raise Unread(f"the recorded run never asked {key.split(' ')[1]}")
        self.journal.append(line)
        if line.failed:
            raise Unread(line.failed)
        return _good(self.answers.whole(line))

    def _line(self, question: _Question) -> Line:
        known = question.known
        if self.mode == "offline":
            if known is None:
                raise Unread(f"{question.url} was never read, and there is no network (--offline)")
            return known
        if known is not None and not known.etag and not known.modified and _young(known, self):
            return known
        raw = self._asked(question)
        if raw.status == 304 and known is not None:
            return self.answers.keep(replace(self.answers.whole(known), at=self.clock.now()))
        return self.answers.keep(
            Answer(
                key=question.key,
                status=raw.status,
                body=_without_secrets(raw.body, self.services.values()),
                type=raw.headers.get("content-type", ""),
                etag=raw.headers.get("etag", ""),
                modified=raw.headers.get("last-modified", ""),
                at=self.clock.now(),
            )
        )

    def _asked(self, question: _Question) -> _Raw:
        """Ask, and once more where that may help."""
        raw = self._once(question)
        wait = _wait(raw, self.clock.now())
        if wait is None:
            return raw
        service = question.service
        said = f"{urlsplit(question.url).netloc} answered {raw.status}"
        if service.gives_up or wait > _PATIENCE:
            rest = f" and wants {wait / 60:.0f} minutes of rest" if wait > _PATIENCE else ""
            keyless = rest and service.invitation and not service.secret
            more = f"; with a key more is allowed: `{service.invitation}`" if keyless else ""
            raise self._shuts(service, f"{said}{rest}{more}")
        self.pause(wait)
        raw = self._once(question)
        if _wait(raw, self.clock.now()) is not None:
            raise self._shuts(service, f"{said}, twice")
        return raw

    def _shuts(self, service: Service, why: str) -> Unread:
        """A service that is down or busy is not asked again in this run."""
        self._shut[service.name] = why
        return Unread(why)

    def _once(self, question: _Question) -> _Raw:
        """One question and the redirects it leads to."""
        url, service = question.url, question.service
        if service.name in self._shut:
            raise Unread(self._shut[service.name])
        for _ in range(_REDIRECTS):
            if self.spent.requests >= self.limits.requests:
                raise Unread(f"the limit of {self.limits.requests} requests is reached")
            with self.manners.turn(urlsplit(url).netloc, service.gap):
                raw = self._sent(url, question, own=origin(url) == service.origin)
            if raw.status not in (301, 302, 303, 307, 308):
                return raw
            url = self._redirected(url, raw.headers.get("location", ""))
        raise Unread(f"{urlsplit(question.url).netloc} redirects in circles")

    def _redirected(self, url: str, location: str) -> str:
        """Where a redirect leads: to the same origin, or to another service's, never elsewhere."""
        target = urljoin(url, location)
        known = {service.origin for service in self.services.values()}
        if not location or origin(target) not in {origin(url), *known}:
            elsewhere = urlsplit(target).netloc or "nowhere"
            raise Unread(f"{urlsplit(url).netloc} redirects to {elsewhere}, which is not followed")
        return target

    def _sent(self, url: str, question: _Question, *, own: bool) -> _Raw:
        import httpx  # noqa: PLC0415  (a fifth of a second, for those who read only)

        headers = {"Accept": question.accept}
        known = question.known
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        elif known is not None and known.modified:
            headers["If-Modified-Since"] = known.modified
        url = _with_secret(url, headers, question.service) if own else url
        if self._client is None:
            self._client = httpx.Client(
                timeout=self.limits.timeout, headers={"User-Agent": f"whet/{version()}"}
            )
        started = time.monotonic()
        host = urlsplit(url).netloc
        body = bytearray()
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                self._client.cookies.clear()
                if response.status_code != 304 and not response.has_redirect_location:
                    for chunk in response.iter_bytes():
                        body += chunk
                        self._check(len(body), question, time.monotonic() - started, host)
                return _Raw(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=bytes(body),
                )
        except httpx.TimeoutException:
            why = f"{host} did not answer in {self.limits.timeout:g} s"
            raise self._shuts(question.service, why) from None
        except httpx.ConnectError:
            raise self._shuts(question.service, f"{host} cannot be reached") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # the exception itself may hold the address with the key in it
            raise Unread(f"{host} cannot be read: {type(error).__name__}") from None
        finally:
            took = time.monotonic() - started
            self.spent += Effort(requests=1, seconds=took, megabytes=len(body) / _MEGABYTE)

    def _check(self, size: int, question: _Question, seconds: float, host: str) -> None:
        if size > question.most:
            most = f"{question.most / _MEGABYTE:.0f} MB" if question.most > _MEGABYTE else (
                f"{question.most} bytes")  # fmt: skip
            raise Unread(f"{host} sent more than {most}")
        if self.spent.megabytes + size / _MEGABYTE > self.limits.megabytes:
            raise Unread(f"the limit of {self.limits.megabytes:g} MB is reached")
        if seconds > self.limits.deadline:
            raise Unread(f"{host} was not done after {self.limits.deadline:g} s")


def _young(line: Line, door: Door) -> bool:
    return 0 <= door.clock.now() - line.at < _FRESH


def _good(answer: Answer) -> Answer:
    if answer.status == 200:
        return answer
    what = {401: "does not accept the key", 403: "does not allow it", 404: "has no such thing",
            410: "has it no more"}.get(answer.status, f"answered {answer.status}")  # fmt: skip
    raise Unread(f"{answer.host} {what}: {answer.key.split(' ')[1]}")


def _wait(raw: _Raw, now: float) -> float | None:
    """Seconds after which asking again makes sense, or None where the answer is final."""
    spent = raw.headers.get("x-ratelimit-remaining") == "0"
    if raw.status in (429, 503) or (raw.status == 403 and spent):
        named = _number(raw.headers.get("retry-after", ""))
        if named is not None:
            return named
        reset = _number(raw.headers.get("x-ratelimit-reset", "")) if spent else None
        return max(1.0, reset - now) if reset is not None else 5.0
    if raw.status == 403 and "retry-after" in raw.headers:
        return _number(raw.headers["retry-after"])
    return 1.0 if raw.status in (500, 502, 504) else None


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found < 1e12 else None


def _with_secret(url: str, headers: dict[str, str], service: Service) -> str:
    if not service.secret:
        return url
    if service.header:
        bearer = "Bearer " if service.header == "Authorization" else ""
        headers[service.header] = bearer + service.secret
        return url
    return f"{url}{'&' if '?' in url else '?'}{service.parameter}={quote(service.secret)}"


def _without_secrets(body: bytes, services: Iterable[Service]) -> bytes:
    """A service that repeats what it was sent must not bring it onto the disk."""
    for service in services:
        for form in {service.secret, quote(service.secret)} - {""}:
            body = body.replace(form.encode(), b"[secret]")
    return body


def since(before: Effort, now: Effort) -> Effort:
    """What was spent between two looks at `Door.spent`."""
    return Effort(
        requests=now.requests - before.requests,
        seconds=now.seconds - before.seconds,
        megabytes=now.megabytes - before.megabytes,
    )
