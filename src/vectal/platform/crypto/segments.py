"""Long content in segments, each sealed by itself, so that a part of it opens without the rest.

A sealed segment is a random nonce, then AES-256-GCM ciphertext with its tag: 28 bytes more than
the plaintext. Its number, and whether it is the last, are bound to it: segments can't be swapped,
left out or cut off at the end. The key belongs to one stream alone, so that no segment of another
opens here; `Keyring.seal` keeps it.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vectal.platform.crypto.envelope import KEY_BYTES, NONCE_BYTES, TAG_BYTES, new_key, new_nonce
from vectal.platform.crypto.errors import UnreadableError

SEGMENT_BYTES: Final = 256 << 10
OVERHEAD: Final = NONCE_BYTES + TAG_BYTES
SEALED_SEGMENT_BYTES: Final = SEGMENT_BYTES + OVERHEAD
_AAD: Final = b"vectal.segment.1"


def new_stream_key() -> bytes:
    """A key for one stream, to be sealed by a keyring."""
    return new_key()


def count_segments(size: int) -> int:
    """Segments of a stream of `size` bytes; an empty one has one, which says that it is empty."""
    return max(1, -(-size // SEGMENT_BYTES))


def sealed_size(size: int) -> int:
    """What a stream of `size` bytes takes, sealed."""
    return size + count_segments(size) * OVERHEAD


class StreamCipher:
    """Seals and opens segments under the key of one stream."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise UnreadableError
        self._cipher = AESGCM(key)

    def seal(self, number: int, plaintext: bytes, *, is_last: bool) -> bytes:
        nonce = new_nonce()
        return nonce + self._cipher.encrypt(nonce, plaintext, _bound(number, is_last=is_last))

    def open(self, number: int, sealed: bytes, *, is_last: bool) -> bytes:
        """Raises `UnreadableError` for a segment that is damaged or stands in another place."""
        if len(sealed) < OVERHEAD:
            raise UnreadableError
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, body, _bound(number, is_last=is_last))
        except InvalidTag:
            raise UnreadableError from None


def _bound(number: int, *, is_last: bool) -> bytes:
    return _AAD + number.to_bytes(8, "big") + (b"\x01" if is_last else b"\x00")
