"""HTTP: the only way out of the process.

Owns deadlines, size caps, the guard against requests that reach inside, redirects, retries and
the egress ledger. Refuses to reach an address that an operator has not opened when it lies inside,
whatever a name resolves to and wherever a redirect leads.
"""

from vectal.platform.http.client import HttpClient
from vectal.platform.http.connection import Connection
from vectal.platform.http.direct import Begun, Ready
from vectal.platform.http.errors import (
    BadAnswerError,
    ConnectionFailedError,
    EgressRefusedError,
    HttpCallError,
    HttpTimeoutError,
    TooLargeError,
)
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.ledger import EgressLedger
from vectal.platform.http.messages import Caller, HttpLimits, HttpRequest, HttpResponse
from vectal.platform.http.reader import EgressReader
from vectal.platform.http.response import OpenResponse
from vectal.platform.http.sending import Sending

__all__ = [
    "BadAnswerError",
    "Begun",
    "Caller",
    "Connection",
    "ConnectionFailedError",
    "EgressGuard",
    "EgressLedger",
    "EgressReader",
    "EgressRefusedError",
    "HttpCallError",
    "HttpClient",
    "HttpLimits",
    "HttpRequest",
    "HttpResponse",
    "HttpTimeoutError",
    "OpenResponse",
    "Ready",
    "Sending",
    "TooLargeError",
]
