"""The way out for mails: one SMTP server, the operator's own, over TLS."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Literal, Protocol, TypeAlias

import aiosmtplib

TlsMode: TypeAlias = Literal["starttls", "tls", "none"]
_STEP_S: Final = 15.0
_WHOLE_S: Final = 45.0
_PERMANENT: Final = 500
_CODE_CHARS: Final = 100


class MailNotSentError(Exception):
    """`code` is for logs and the outbox; `is_final`: another try won't help."""

    def __init__(self, code: str, *, is_final: bool = False) -> None:
        super().__init__(code)
        self.code = code[:_CODE_CHARS]
        self.is_final = is_final


class Mailer(Protocol):
    @property
    def sender(self) -> str:
        """What stands in From."""
        ...

    async def send(self, message: EmailMessage) -> None:
        """Hand it over. Raises `MailNotSentError`."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    tls: TlsMode
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""


class SmtpMailer:
    """Implements `Mailer`; a connection for each mail, since mails are few."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self.sender = sender
        ca_file = None if server.ca_file is None else str(server.ca_file)
        # Read now: a file that is missing shows when the process starts.
        self._tls = None if server.tls == "none" else ssl.create_default_context(cafile=ca_file)

    async def send(self, message: EmailMessage) -> None:
        server = self._server
        try:
            async with asyncio.timeout(_WHOLE_S):
                await aiosmtplib.send(
                    message,
                    hostname=server.host,
                    port=server.port,
                    username=server.user,
                    password=server.password,
                    use_tls=server.tls == "tls",
                    # True: a server that offers no STARTTLS gets nothing, least of all a password.
                    start_tls=server.tls == "starttls",
                    tls_context=self._tls,
                    timeout=_STEP_S,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            final = bool(codes) and min(codes) >= _PERMANENT
            raise MailNotSentError(f"recipient refused: {codes}", is_final=final) from error
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPSenderRefused) as error:
            # The operator's to mend, and then the mail may go.
            raise MailNotSentError(f"{type(error).__name__}: {error.code}") from error
        except aiosmtplib.SMTPResponseException as error:
            final = error.code >= _PERMANENT and isinstance(error, aiosmtplib.SMTPDataError)
            raise MailNotSentError(
                f"{type(error).__name__}: {error.code}", is_final=final
            ) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError) as error:
            raise MailNotSentError(type(error).__name__) from error
        except ValueError as error:
            # An address or a header that no mail can carry.
            raise MailNotSentError(f"bad mail: {type(error).__name__}", is_final=True) from error
