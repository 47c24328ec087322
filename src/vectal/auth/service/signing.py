"""The key that signs tokens: made once, wrapped by the master key, the same for every process."""

import secrets
from typing import Final

from vectal.accounts.service import AccountService
from vectal.platform.crypto import KeyWrapper, UnknownMasterKeyError, WrappedKey
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

_NAME: Final = "signing"
_CONTEXT: Final = b"vectal.auth."
_TRIES: Final = 5


async def load_signing_key(
    accounts: AccountService, wrapper: KeyWrapper, name: str = _NAME
) -> bytes:
    """The stored key; makes it on first use and wraps it anew after a rotation.

    `name` tells apart what is signed. When its master key is gone for good, a new one takes its
    place: everybody signs in again.
    """
    context = _CONTEXT + name.encode()
    for _ in range(_TRIES):
        stored = await accounts.instance.find_sealed_key(name)
        key = await _read(wrapper, stored, context)
        current = await wrapper.current_id()
        if key is not None and stored is not None and stored.master_key_id == current:
            return key
        wanted = key or secrets.token_bytes(32)
        wrapped = await wrapper.wrap(wanted, context)
        if await accounts.instance.put_sealed_key(name, wrapped, instead_of=stored):
            return wanted
        # Another process was first: its key is everybody's.
    raise RuntimeError("the signing key keeps changing under us")


async def _read(wrapper: KeyWrapper, stored: WrappedKey | None, context: bytes) -> bytes | None:
    if stored is None:
        return None
    try:
        return await wrapper.unwrap(stored, context)
    except UnknownMasterKeyError:
        _log.warning("signing_key_replaced", lost_master_key=stored.master_key_id)
        return None
