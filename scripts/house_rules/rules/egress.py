"""Nothing leaves the process but through `platform/http`, which guards and records it."""

from collections.abc import Iterator

from scripts.house_rules.imported_names import list_imported_modules
from scripts.house_rules.sources import Source
from scripts.house_rules.violation import Violation

CLIENTS = (
    "aiohttp",
    "http.client",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "pycurl",
    "pyreqwest",
    "requests",
    "urllib.request",
    "urllib3",
)
CONNECTORS = frozenset(
    {"asyncio.open_connection", "socket.create_connection", "anyio.connect_tcp"},
)
_CONNECTING_METHODS = (".create_connection", ".create_datagram_endpoint", ".sock_connect")
PLACES = (
    "platform/http",
    "platform/embedded",  # probes the servers it has just started, on the loopback address
)
# `vectal up` asks its own server whether it is ready; clamd is a server of the house, like the
# database, and speaks no HTTP.
CONNECTOR_PLACES = ("entrypoints/up", "platform/scanning")
# The in-process transport has the shape of an HTTP client and opens no socket (D15).
TRANSPORT_PLACES = ("ai/*transport*",)


def only_platform_http_speaks_http(source: Source) -> Iterator[Violation]:
    if not source.in_package or source.lives_in(*PLACES):
        return
    if not source.lives_in(*TRANSPORT_PLACES):
        for module, line in list_imported_modules(source.imports):
            client = next((c for c in CLIENTS if f"{module}.".startswith(f"{c}.")), None)
            if client:
                yield _stray(source, line, f"{client} is an HTTP client")
    if source.lives_in(*CONNECTOR_PLACES):
        return
    for call, name in source.calls:
        if name in CONNECTORS or name.endswith(_CONNECTING_METHODS):
            yield _stray(source, call.lineno, f"{name}() opens a connection")


def _stray(source: Source, line: int, fact: str) -> Violation:
    return Violation(source.path, line, "egress", f"{fact}; all egress goes through platform/http")
