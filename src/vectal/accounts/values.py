"""The forms that an e-mail address, a name and a timezone take before they are stored."""

import re
import unicodedata
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vectal.platform.errors import InvalidInputError

_MAX_EMAIL_CHARS = 254
# Deliverability is for the invitation to prove; this keeps out what can't be an address at all.
_EMAIL = re.compile(r"[^@\s\"<>(),:;\[\]\\]{1,64}@[^@\s\"<>(),:;\[\]\\]{1,189}")


def normalize_email(value: str) -> str:
    """One spelling for each address, so that a plain UNIQUE finds a second account."""
    email = unicodedata.normalize("NFC", value).strip().lower()
    if len(email) > _MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidInputError("That is not an e-mail address.", pointer="/email")
    return email


@lru_cache(maxsize=1024)
def is_timezone(value: str) -> bool:
    """Whether the zone database knows this name."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
