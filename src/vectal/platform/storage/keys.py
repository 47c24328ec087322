"""Keys: plain names joined by slashes, the same on every store and every file system."""

import re
from typing import Final

from vectal.platform.storage.errors import InvalidKeyError

KEY_CHARACTERS: Final = 512

_SEGMENT: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"
_KEY: Final = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
# Device names that Windows gives a meaning of its own, whatever follows the dot.
_RESERVED: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


def check_key(key: str) -> str:
    """Return the key; raise `InvalidKeyError` unless every segment is a plain name.

    No segment begins with a dot, so none can lead upwards or hide, and none holds a separator, a
    drive, a control character or anything that a store would encode.
    """
    if len(key) > KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise InvalidKeyError
    if any(_RESERVED.fullmatch(part) or part.endswith(".") for part in key.split("/")):
        raise InvalidKeyError
    return key
