"""Addresses in one form, so that two engines that name a page name one page. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_TRACKING: Final = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_[ce]id|_hs(?:enc|mi)"
    r"|vero_id|mkt_tok|oly_(?:anon|enc)_id|spm|ref_src|ref_url|cmpid|s_cid",
    re.IGNORECASE,
)
_PORTS: Final = {"http": 80, "https": 443}
_INDEX: Final = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_SECOND_LEVEL: Final = frozenset(("ac", "co", "com", "edu", "go", "gob", "gov", "net", "or", "org"))
_COUNTRY_LETTERS: Final = 2
_SITE_LABELS: Final = 2
_ADDRESS: Final = re.compile(r"[\d.]+|.*:.*")
_SAFE_PATH: Final = "/%:@!$&*+,;=~-._"
_SAFE_QUERY: Final = "%:@!$*+,;=~-._/?&"


def canonical(url: str) -> str | None:
    """The one form of a web address; None for what is none, or has credentials in it.

    Lower-case host, no default port, no fragment, no tracking parameters, the others sorted, no
    index page, no slash at the end, https for http. It is what pages are compared by, and it is
    safe in Markdown and HTML: no quote, bracket or space is left in it.
    """
    parts = _split(url)
    if parts is None:
        return None
    host, port, path, query = parts
    scheme = "https"
    if port is not None and port != _PORTS["http"] and port != _PORTS["https"]:
        # Whatever listens at a port of its own speaks what was said.
        scheme = url.strip().partition(":")[0].lower()
        host = f"{host}:{port}"
    pairs = [(n, v) for n, v in parse_qsl(query, keep_blank_values=True) if not _is_tracking(n)]
    path = _INDEX.sub("/", path).rstrip("/")
    return urlunsplit((scheme, host, _quoted(path, _SAFE_PATH), urlencode(sorted(pairs)), ""))


def addressed(url: str) -> str | None:
    """The address as it is asked for: what the engine said, made harmless to write down."""
    parts = _split(url)
    if parts is None:
        return None
    host, port, path, query = parts
    scheme = url.strip().partition(":")[0].lower()
    place = host if port is None or port == _PORTS[scheme] else f"{host}:{port}"
    safe = _quoted(path or "/", _SAFE_PATH), _quoted(query, _SAFE_QUERY)
    return urlunsplit((scheme, place, *safe, ""))


def site_of(url: str) -> str:
    """The domain that somebody registered: `example.co.uk` for `https://news.example.co.uk/x`.

    By rule, not by the public suffix list: it groups sources, and guards nothing.
    """
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = host.split(".")
    if _ADDRESS.fullmatch(host) or len(labels) <= _SITE_LABELS:
        return host
    is_country = len(labels[-1]) == _COUNTRY_LETTERS and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-(_SITE_LABELS + is_country) :])


def _split(url: str) -> tuple[str, int | None, str, str] | None:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        if host is not None and ":" not in host:
            host = host.rstrip(".").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in _PORTS or not host or parts.username is not None:
        return None
    if ":" in host:
        host = f"[{host}]"
    elif not re.fullmatch(r"[a-z0-9_.-]+", host.lower()):
        return None
    return host.lower(), port, parts.path, parts.query


def _quoted(text: str, safe: str) -> str:
    """Percent signs that are one stay; all else that is not plain is written as bytes."""
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe=safe)


def _is_tracking(name: str) -> bool:
    return _TRACKING.fullmatch(unquote(name)) is not None
