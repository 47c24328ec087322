"""Where n8n is, and what of it we may call."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote, urlsplit

_WEBHOOK: Final = re.compile(r"(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
"""Path below /webhook/: plain segments, so that none leads elsewhere."""
_RESUME: Final = re.compile(r"/webhook-waiting/\d{1,20}(?:\?[A-Za-z0-9_=&.~%-]{1,500})?")


@dataclass(frozen=True, slots=True)
class N8nAddress:
    """`base_url` has no slash at its end; the host is the only one that we call."""

    base_url: str
    host: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ValueError, whose words hold nothing of the address."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("it is no web address") from None
        if parts.scheme not in {"http", "https"} or not host:
            raise ValueError("it begins with http:// or https:// and names a host")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("it holds neither a password nor a query")
        named = f"[{host}]" if ":" in host else host
        place = named if port is None else f"{named}:{port}"
        return cls(f"{parts.scheme}://{place}{quote(parts.path.rstrip('/'), safe='/%')}", host)

    @property
    def webhooks(self) -> str:
        """What the addresses of its webhooks begin with."""
        return f"{self.base_url}/webhook/"

    def webhook(self, path: str) -> str:
        """Raises ValueError for a path that could lead out of the webhooks."""
        if not _WEBHOOK.fullmatch(path):
            raise ValueError("a path of a webhook has letters, digits, dots, dashes and slashes")
        return self.webhooks + path

    def resume(self, path: str) -> str:
        """Raises ValueError for what is no address that n8n waits at."""
        if not _RESUME.fullmatch(path):
            raise ValueError("an execution does not wait there")
        return self.base_url + path


def resume_path(url: str) -> str | None:
    """Path and query of the address that an execution says it waits at; None if it is none.

    The host that n8n takes itself for may be another than the one by which we reach it.
    """
    found = re.search(r"/webhook-waiting/.*", url)
    path = found[0] if found else ""
    return path if _RESUME.fullmatch(path) else None


def site_of(callback_url: str) -> str:
    """A short name for the installation: two of them may use one n8n."""
    return hashlib.sha256(callback_url.encode()).hexdigest()[:10]
