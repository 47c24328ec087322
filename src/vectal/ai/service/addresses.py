"""Addresses of providers: what an administrator may enter.

What a name resolves to is judged again at every connection; this refuses early, with words.
"""

from __future__ import annotations

import re
from typing import Final

from vectal.ai.catalog.offers import Location, ResponsesRoute
from vectal.ai.errors import ProviderAddressRefusedError
from vectal.ai.ports import ProviderKind
from vectal.ai.providers import anthropic, deepseek, openai
from vectal.platform.http import EgressRefusedError
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.messages import Target

MAX_CHARS: Final = 500
DEFAULT_URLS: Final[dict[ProviderKind, str]] = {
    "openai": openai.BASE_URL,
    "anthropic": anthropic.BASE_URL,
    "deepseek": deepseek.BASE_URL,
}
_POINTER: Final = "/base_url"
_OPENAI: Final = re.compile(r"https://(?:[a-z]{2}\.)?api\.openai\.com(?::443)?/v1")
"""OpenAI itself, at large or in one of its regions."""


def checked_address(guard: EgressGuard, kind: ProviderKind, base_url: str | None) -> str:
    """The address to store for a provider of `kind`; raises ProviderAddressRefusedError."""
    if kind == "simulator":
        if base_url:
            raise _refused("The Simulator has no address.")
        return ""
    text = (base_url or DEFAULT_URLS.get(kind) or "").strip().rstrip("/")
    if not text:
        raise _refused("Enter the address of the server, for example http://192.168.1.5:11434/v1.")
    if len(text) > MAX_CHARS:
        raise _refused(f"An address has at most {MAX_CHARS} characters.")
    try:
        target = Target.parse(text)
        literal = guard.judge_host(target.host)
        if literal is not None:
            guard.judge_addresses(target.host, [literal])
    except EgressRefusedError as error:
        raise _refused(error.detail) from error
    if target.url.query or target.url.fragment:
        raise _refused("An address has no ? or # part.")
    if target.url.scheme != "https" and not guard.names(target.host):
        raise _refused(
            "A key would travel in plain text: use https://, or have an operator open this host "
            "with VECTAL_EGRESS_ALLOW."
        )
    return text


def usual_responses(kind: ProviderKind, base_url: str) -> ResponsesRoute:
    """OpenAI takes `/responses` itself; who else does is for an administrator to say."""
    return "vendor" if kind == "openai" and _OPENAI.fullmatch(base_url) else "chat"


def locate(guard: EgressGuard, kind: ProviderKind, base_url: str) -> Location:
    """Whether a checked address lies inside the house; a name does only when an operator says so.

    Names are not resolved: who answers to one may change, and this is written down.
    """
    if kind == "simulator":
        return "inside"
    host = Target.parse(base_url).host
    return "inside" if guard.names(host) else "outside"


def shown_origin(kind: ProviderKind, base_url: str | None) -> str:
    """Where a key would go, as in https://api.example.com; "" for what is no address."""
    try:
        target = Target.parse((base_url or DEFAULT_URLS.get(kind) or "").strip())
    except EgressRefusedError:
        return ""
    return f"{target.url.scheme}://{target.authority}"


def same_origin(one: str, other: str) -> bool:
    """Whether a key that was entered for one address may go to the other."""
    if not one or not other:
        return one == other
    return Target.parse(one).has_same_origin(Target.parse(other))


def _refused(detail: str) -> ProviderAddressRefusedError:
    return ProviderAddressRefusedError(detail, pointer=_POINTER)
