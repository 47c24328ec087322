"""A vendor's signature on its thinking, kept by a client of another vendor's wire.

Each wire has one place for an opaque signature. A signature of the wire's own vendor stands
there as it is; one of somebody else has its name before it, so that it finds its way home.
"""

from __future__ import annotations

from typing import Final

from vectal.ai.contracts import ReasoningPart
from vectal.ai.ports import PROVIDER_KINDS

_REDACTED: Final = "redacted"


def seal(signature: str, provider: str | None, native: str, *, redacted: bool = False) -> str:
    """The signature as a client keeps it. Wires with a form for redacted blocks need no word."""
    if provider is None or (provider == native and not redacted):
        return signature
    return f"{provider}:{_REDACTED}:{signature}" if redacted else f"{provider}:{signature}"


def unseal(text: str, sealed: str, native: str) -> ReasoningPart:
    """The thinking that a client sent back."""
    provider, mark, signature = sealed.partition(":")
    if not mark or provider not in PROVIDER_KINDS:
        # No vendor's signature holds a colon: it is base64.
        return ReasoningPart(text, sealed or None, native if sealed else None)
    redacted = signature.startswith(f"{_REDACTED}:")
    return ReasoningPart(text, signature.removeprefix(f"{_REDACTED}:") or None, provider, redacted)
