"""What can go wrong with keys and sealed values."""

from vectal.platform.errors import AppError


class UnreadableError(AppError):
    """The value was damaged, moved to another row, or sealed under another owner's key."""

    code = "crypto.unreadable"
    status = 500
    title = "Stored content can't be read"


class ErasedError(AppError):
    """The owner's key was destroyed: what it sealed is gone for good."""

    code = "crypto.erased"
    status = 410
    title = "This content has been erased"


class UnknownMasterKeyError(AppError):
    """A data key is wrapped by a master key that this process was not given."""

    code = "crypto.unknown_master_key"
    status = 503
    title = "The encryption key for stored content is missing"


class MasterKeyError(Exception):
    """The master key can't be had; the text tells an operator what to do."""
