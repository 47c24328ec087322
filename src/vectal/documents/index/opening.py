"""From `VECTAL_VECTOR_URL` to the store that it names."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from vectal.documents.index import VectorIndex
from vectal.documents.index.chroma import TENANT, ChromaIndex
from vectal.documents.index.memory import MemoryIndex
from vectal.documents.index.pgvector import PgvectorIndex
from vectal.documents.index.pinecone import API_VERSION, PineconeIndex
from vectal.documents.index.remote import StoreHttp
from vectal.documents.index.weaviate import WeaviateIndex
from vectal.platform.db import Database
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.platform.resilience import BreakerBoard

DEFAULT: Final = "pgvector:"
_OPTIONS: Final = {
    "pgvector": frozenset[str](),
    "memory": frozenset[str](),
    "chroma": frozenset(("tenant",)),
    "weaviate": frozenset[str](),
    "pinecone": frozenset(("cloud", "region")),
}
_INSIDE: Final = frozenset(("pgvector", "memory"))


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """What the address of a store says. `key` stands where a URL has its password."""

    kind: str
    base_url: str = ""
    host: str = ""
    key: str = field(repr=False, default="")
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def parse(cls, url: str) -> StoreAddress:
        """Raises ValueError, whose words never hold the key."""
        scheme, _, rest = url.partition(":")
        kind, _, transport = scheme.partition("+")
        if kind not in _OPTIONS:
            raise ValueError(f"the vector stores are {', '.join(sorted(_OPTIONS))}")
        if kind in _INSIDE:
            if transport or rest.strip("/"):
                raise ValueError(f"{kind}: takes no address")
            return cls(kind)
        if transport not in {"http", "https"}:
            raise ValueError(f"it begins with {kind}+http:// or {kind}+https://")
        try:
            parts = urlsplit(f"{transport}:{rest}")
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("it is no web address") from None
        if not host:
            raise ValueError("it names no host")
        options = dict(parse_qsl(parts.query))
        if unknown := sorted(set(options) - _OPTIONS[kind]):
            raise ValueError(f"{kind} has no option {', '.join(unknown)}")
        named = f"[{host}]" if ":" in host else host
        place = named if port is None else f"{named}:{port}"
        base_url = f"{transport}://{place}{parts.path.rstrip('/')}"
        return cls(kind, base_url, host, unquote(parts.password or ""), options)


def open_index(
    stack: AsyncExitStack, url: str | None, database: Database, ledger: EgressLedger
) -> VectorIndex:
    """The store of the address, pgvector when there is none. Raises ValueError.

    The host that the operator names may be inside; nothing else that it leads to may.
    """
    address = StoreAddress.parse(url or DEFAULT)
    if address.kind == "pgvector":
        return PgvectorIndex(database)
    if address.kind == "memory":
        return MemoryIndex()
    guard = EgressGuard.parse([address.host])
    client = HttpClient(ledger, guard, breakers=BreakerBoard())
    stack.push_async_callback(client.close)
    return make_remote(address, client)


def make_remote(address: StoreAddress, client: HttpClient) -> VectorIndex:
    """An outside store over this client."""
    http = StoreHttp(client, address.base_url, _headers(address))
    if address.kind == "chroma":
        return ChromaIndex(http, address.options.get("tenant", TENANT))
    if address.kind == "weaviate":
        return WeaviateIndex(http)
    return PineconeIndex(http, **address.options)


def _headers(address: StoreAddress) -> dict[str, str]:
    """How each store is told the key; a proxy before a Chroma of one's own asks for a bearer."""
    if address.kind == "pinecone":
        return {"api-key": address.key, "x-pinecone-api-version": API_VERSION}
    if not address.key:
        return {}
    bearer = {"authorization": f"Bearer {address.key}"}
    return {**bearer, "x-chroma-token": address.key} if address.kind == "chroma" else bearer
