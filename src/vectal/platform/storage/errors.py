"""How storing and reading bytes can fail."""

from vectal.platform.errors import AppError


class InvalidKeyError(AppError):
    code = "storage.invalid_key"
    status = 422
    title = "This is no name for a stored object"


class ObjectNotFoundError(AppError):
    code = "storage.not_found"
    status = 404
    title = "The stored object is gone"


class ObjectTooLargeError(AppError):
    code = "storage.too_large"
    status = 413
    title = "This is larger than may be stored"


class StorageUnavailableError(AppError):
    code = "storage.unavailable"
    status = 503
    title = "Stored objects can't be reached right now"
