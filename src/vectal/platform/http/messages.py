"""What callers say and get: who asks, the request, the limits, a whole answer."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import httpx2
import msgspec

from vectal.platform.http.errors import BadAnswerError, EgressRefusedError
from vectal.platform.resilience import RetryRule

T = TypeVar("T")

NO_WORKSPACE: Final = UUID(int=0)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT: Final = _SAFE_METHODS | {"PUT", "DELETE"}
_PORTS: Final = {"http": 80, "https": 443}
_URL_CHARACTERS: Final = 8_192


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf and what for; it goes into the egress ledger."""

    purpose: str
    workspace_id: UUID = NO_WORKSPACE
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long and how much; the deadline of the current work may end a call earlier."""

    total_s: float = 30.0
    connect_s: float = 5.0
    first_byte_s: float = 30.0
    idle_s: float = 15.0
    max_bytes: int = 8 << 20
    """Of the decoded body."""
    max_ratio: int = 200
    """Decoded to received bytes, past the first megabyte."""
    redirects: int = 0


@dataclass(frozen=True)
class Target:
    """A parsed address: only http and https, no credentials in it, a canonical host."""

    url: httpx2.URL
    host: str
    port: int

    @staticmethod
    @functools.lru_cache(maxsize=1_024)
    def parse(text: str) -> "Target":
        """Raise `EgressRefusedError` for what is no plain web address.

        Few addresses are called again and again, and parsing one costs more than all else here.
        """
        if len(text) > _URL_CHARACTERS:
            raise EgressRefusedError("overlong address")
        try:
            url = httpx2.URL(text)
        except (httpx2.InvalidURL, ValueError, UnicodeError) as error:
            raise EgressRefusedError("not an address") from error
        return Target._of(url)

    def follow(self, location: str) -> Self:
        """The target of a redirect."""
        if len(location) > _URL_CHARACTERS:
            raise EgressRefusedError("overlong address")
        try:
            url = self.url.join(location)
        except (httpx2.InvalidURL, ValueError, UnicodeError) as error:
            raise EgressRefusedError("not an address") from error
        if self.url.scheme == "https" and url.scheme != "https":
            raise EgressRefusedError("redirect away from TLS")
        return self._of(url)

    @classmethod
    def _of(cls, url: httpx2.URL) -> Self:
        if url.scheme not in _PORTS:
            raise EgressRefusedError("not http or https")
        if url.userinfo:
            raise EgressRefusedError("credentials in the address")
        host = url.raw_host.decode("ascii").lower()
        port = _PORTS[url.scheme] if url.port is None else url.port
        if not host or not 0 < port < 1 << 16:
            raise EgressRefusedError("no host or port")
        return cls(url, host, port)

    @functools.cached_property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.url.scheme] else f"{host}:{self.port}"

    @functools.cached_property
    def place(self) -> str:
        """Where it leads, for people: the host, and its port where that is not the usual one."""
        return self.host if self.port == _PORTS[self.url.scheme] else self.authority

    @functools.cached_property
    def origin(self) -> tuple[str, str, int]:
        return self.url.scheme, self.host, self.port

    @functools.cached_property
    def address(self) -> str:
        """The whole of it."""
        return str(self.url)

    @functools.cached_property
    def path(self) -> str:
        """Path and query, as they stand in a request's first line."""
        return self.url.raw_path.decode("ascii")

    def has_same_origin(self, other: Self) -> bool:
        return self.origin == other.origin


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    content: bytes = field(default=b"", repr=False)
    limits: HttpLimits = HttpLimits()
    retry: RetryRule | None = None
    """Tries before an answer begins; needs a method that may be repeated."""
    may_repeat: bool | None = None
    """Whether sending it twice is harmless; by default the method tells."""

    @classmethod
    def json(cls, method: str, url: str, body: object, **options: Any) -> Self:
        """A request with a JSON body."""
        headers = {**options.pop("headers", {}), "content-type": "application/json"}
        content = msgspec.json.encode(body)
        return cls(method, url, headers=headers, content=content, **options)

    @property
    def is_repeatable(self) -> bool:
        if self.may_repeat is not None:
            return self.may_repeat
        return self.method.upper() in _IDEMPOTENT

    def redirected(self, status: int, location: str, *, keeps_origin: bool) -> Self:
        """The request that a redirect asks for; secrets stay with the origin they are for."""
        headers = {
            name: value
            for name, value in self.headers.items()
            if keeps_origin or name.lower() not in _SECRET_HEADERS
        }
        method, content = self.method.upper(), self.content
        if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):  # noqa: PLR2004 - the codes of HTTP
            method, content = "GET", b""
            headers = {n: v for n, v in headers.items() if n.lower() != "content-type"}
        return replace(self, method=method, url=location, headers=headers, content=content)


_SECRET_HEADERS: Final = frozenset(
    {"authorization", "cookie", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key"}
)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - the codes of HTTP

    def json(self, shape: type[T]) -> T:
        """The body as `shape`; raise `BadAnswerError` when it is something else."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadAnswerError from error
