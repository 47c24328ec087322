"""From the operator's settings to the engines that they name."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote, unquote, urlsplit

from vectal.platform.http import EgressGuard, HttpClient
from vectal.research.search import SearchEngine, brave, perplexity, tavily
from vectal.research.search.asking import EngineHttp
from vectal.research.search.brave import BraveEngine
from vectal.research.search.perplexity import PerplexityEngine, SonarEngine
from vectal.research.search.searxng import SearxngEngine
from vectal.research.search.tavily import TavilyEngine

PerplexityUse = Literal["search", "sonar", "both"]
_PREFIX: Final = "searxng+"


@dataclass(frozen=True, slots=True)
class EngineKeys:
    """What an operator has set; empty is unset. Addresses are those of the vendors, or a proxy."""

    search_url: str = field(default="", repr=False)
    """searxng+http(s)://…"""
    perplexity_key: str = field(default="", repr=False)
    brave_key: str = field(default="", repr=False)
    tavily_key: str = field(default="", repr=False)
    perplexity_use: PerplexityUse = "search"
    perplexity_url: str = perplexity.BASE_URL
    brave_url: str = brave.BASE_URL
    tavily_url: str = tavily.BASE_URL


MakeClient = Callable[[EgressGuard], HttpClient]
"""A client of its own for each engine: what it may reach is the engine's host alone."""


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """A parsed address; name and password go into a header."""

    base_url: str
    host: str
    credentials: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> EngineAddress:
        """Raises ValueError, whose words never hold the password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("it is no web address") from None
        if parts.scheme not in {"http", "https"}:
            raise ValueError("it begins with http:// or https://")
        if not host:
            raise ValueError("it names no host")
        if parts.query or parts.fragment:
            raise ValueError("it takes no query")
        named = f"[{host}]" if ":" in host else host
        place = named if port is None else f"{named}:{port}"
        base_url = f"{parts.scheme}://{place}{quote(parts.path.rstrip('/'), safe='/%')}"
        login = ""
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(base_url, host, login)


def parse_search_url(url: str) -> EngineAddress:
    """The address of a SearXNG. Raises ValueError."""
    if not url.startswith(_PREFIX):
        raise ValueError("it begins with searxng+http:// or searxng+https://")
    return EngineAddress.parse(url.removeprefix(_PREFIX))


def open_engines(keys: EngineKeys, make_client: MakeClient) -> tuple[SearchEngine, ...]:
    """The engines of these keys, the free one first; none is a valid answer. Raises ValueError."""

    def at(url: str, headers: dict[str, str]) -> EngineHttp:
        address = EngineAddress.parse(url)
        client = make_client(EgressGuard.parse([address.host]))
        return EngineHttp(client, address.base_url, headers)

    engines: list[SearchEngine] = []
    if keys.search_url:
        address = parse_search_url(keys.search_url)
        client = make_client(EgressGuard.parse([address.host]))
        http = EngineHttp(client, address.base_url, _basic(address.credentials))
        engines.append(SearxngEngine(http))
    if keys.brave_key:
        engines.append(BraveEngine(at(keys.brave_url, brave.headers_of(keys.brave_key))))
    if keys.tavily_key:
        engines.append(TavilyEngine(at(keys.tavily_url, tavily.headers_of(keys.tavily_key))))
    if keys.perplexity_key:
        http = at(keys.perplexity_url, perplexity.headers_of(keys.perplexity_key))
        if keys.perplexity_use != "sonar":
            engines.append(PerplexityEngine(http))
        if keys.perplexity_use != "search":
            engines.append(SonarEngine(http))
    return tuple(engines)


def _basic(credentials: str) -> dict[str, str]:
    if not credentials:
        return {}
    return {"authorization": "Basic " + b64encode(credentials.encode()).decode()}
