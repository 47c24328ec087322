"""Crypto: content sealed under a key per owner, and searched by words that tell nothing.

Owns the envelope (AES-256-GCM under a data key, wrapped by a master key or a KMS), rotation,
erasure by destroying a key, and the blind index. Refuses to open a value that was moved to another
row, and to know what any value means. `words` is not loaded before somebody searches.
"""

from vectal.platform.crypto.contracts import Aad, KeyOwner, WrappedKey
from vectal.platform.crypto.errors import (
    ErasedError,
    MasterKeyError,
    UnknownMasterKeyError,
    UnreadableError,
)
from vectal.platform.crypto.keyring import Keyring
from vectal.platform.crypto.master_keys import LocalKeyWrapper, load_key_wrapper
from vectal.platform.crypto.ports import KeyWrapper
from vectal.platform.crypto.segments import StreamCipher, new_stream_key
from vectal.platform.crypto.status import require_master_keys

__all__ = [
    "Aad",
    "ErasedError",
    "KeyOwner",
    "KeyWrapper",
    "Keyring",
    "LocalKeyWrapper",
    "MasterKeyError",
    "StreamCipher",
    "UnknownMasterKeyError",
    "UnreadableError",
    "WrappedKey",
    "load_key_wrapper",
    "new_stream_key",
    "require_master_keys",
]
