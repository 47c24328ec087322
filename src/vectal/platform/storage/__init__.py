"""Storage: bytes under keys, in a folder or an S3-compatible store.

Owns keys, streaming, size limits and the translation of failures. Refuses to know what is stored,
to keep anything beside the bytes (that is PostgreSQL's), and any key that could leave its place.
"""

from vectal.platform.storage.errors import (
    InvalidKeyError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    StorageUnavailableError,
)
from vectal.platform.storage.keys import check_key
from vectal.platform.storage.objects import ObjectPage, ObjectStorage, StoredObject, open_storage

__all__ = [
    "InvalidKeyError",
    "ObjectNotFoundError",
    "ObjectPage",
    "ObjectStorage",
    "ObjectTooLargeError",
    "StorageUnavailableError",
    "StoredObject",
    "check_key",
    "open_storage",
]
