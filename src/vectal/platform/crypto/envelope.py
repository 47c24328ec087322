"""The sealed form: format, key version, nonce, then AES-256-GCM ciphertext with its tag.

31 bytes more than the plaintext. Nonces are random; one key stays far below the 2^32 messages at
which that would matter.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vectal.platform.crypto.errors import UnreadableError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_FORMAT: Final = b"\x01"
_HEAD: Final = 3


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def new_nonce() -> bytes:
    return os.urandom(NONCE_BYTES)


def seal(cipher: AESGCM, version: int, plaintext: bytes, aad: bytes) -> bytes:
    nonce = new_nonce()
    return _FORMAT + version.to_bytes(2, "big") + nonce + cipher.encrypt(nonce, plaintext, aad)


def version_of(sealed: bytes) -> int:
    """Which version of the owner's key sealed it; raise `UnreadableError` for other bytes."""
    if len(sealed) < _HEAD + NONCE_BYTES + TAG_BYTES or sealed[:1] != _FORMAT:
        raise UnreadableError
    return int.from_bytes(sealed[1:_HEAD], "big")


def open_sealed(cipher: AESGCM, sealed: bytes, aad: bytes) -> bytes:
    nonce, body = sealed[_HEAD : _HEAD + NONCE_BYTES], sealed[_HEAD + NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, body, aad)
    except InvalidTag:
        raise UnreadableError from None
