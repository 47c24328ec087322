"""Who holds the master key: this process (`master_keys`), or a KMS behind an adapter."""

from typing import Protocol

from vectal.platform.crypto.contracts import WrappedKey


class KeyWrapper(Protocol):
    """Wraps data keys. `context` is bound to the wrapped key and must be the same to unwrap."""

    async def current_id(self) -> str:
        """The id of the master key that `wrap` uses now."""
        ...

    async def wrap(self, key: bytes, context: bytes) -> WrappedKey: ...

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Raise `UnknownMasterKeyError` without that master key, `UnreadableError` otherwise."""
        ...
