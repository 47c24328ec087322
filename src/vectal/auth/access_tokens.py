"""Access tokens as JSON Web Tokens (HS256, pinned).

Only people and programs that came in by OAuth carry them; calls with an API key need none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_ALGORITHM: Final = "HS256"


class AccessTokens:
    """Signs and verifies. The first key signs; all of them verify."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = [OctKey.import_key(key) for key in keys]

    def sign(self, claims: dict[str, Any], typ: str) -> str:
        return jwt.encode({"alg": _ALGORITHM, "typ": typ}, claims, self._keys[0], [_ALGORITHM])

    def verify(self, token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Header and claims; None for what none of the keys has signed."""
        for key in self._keys:
            try:
                found = jwt.decode(token, key, [_ALGORITHM])
            except (JoseError, ValueError, RecursionError):
                continue
            return found.header, found.claims
        return None
