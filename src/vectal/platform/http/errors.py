"""How an outgoing call can fail. None of the texts names an inner address."""

from typing import Literal

from vectal.platform.errors import AppError

Phase = Literal["connect", "first_byte", "idle", "total"]


class HttpCallError(AppError):
    """Base of all failures of an outgoing call."""

    code = "http.failed"
    status = 502
    title = "A call to another service failed"


class EgressRefusedError(HttpCallError):
    """The address may not be called; `reason` is for the log and the ledger."""

    code = "http.address_refused"
    status = 422
    title = "This address may not be called"

    def __init__(self, reason: str) -> None:
        super().__init__(
            "It is not a public web address. An operator can open addresses inside with"
            " VECTAL_EGRESS_ALLOW."
        )
        self.reason = reason


class ConnectionFailedError(HttpCallError):
    code = "http.connection_failed"
    title = "The other service can't be reached, or broke off"


class HttpTimeoutError(HttpCallError):
    code = "http.timeout"
    status = 504
    title = "The other service took too long"

    def __init__(self, phase: Phase) -> None:
        super().__init__()
        self.phase: Phase = phase


class TooLargeError(HttpCallError):
    code = "http.answer_too_large"
    title = "The other service's answer is too large"


class BadAnswerError(HttpCallError):
    """Not HTTP, a broken encoding, or redirects without end."""

    code = "http.bad_answer"
    title = "The other service's answer can't be understood"


class UnsendableError(HttpCallError):
    """A header or the method holds what HTTP can't carry, such as a line break in a key."""

    code = "http.unsendable"
    status = 422
    title = "The request can't be sent as it is"
