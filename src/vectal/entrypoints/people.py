"""The part of the house that commands on accounts need: no server, no Redis."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from vectal.accounts.contracts import User
from vectal.accounts.errors import UserNotFoundError
from vectal.accounts.service import AccountService, normalize_email
from vectal.auth.service import AuthService
from vectal.entrypoints.attached import attached
from vectal.platform.config import Settings
from vectal.platform.db import Database
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.errors import AppError
from vectal.platform.rate_limit import RateLimiter

# Commands sign no token: sessions are opened by servers alone.
_UNUSED_KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class People:
    accounts: AccountService
    auth: AuthService
    database: Database

    async def find(self, email: str) -> User:
        return await self.accounts.people.get_by_email(normalize_email(email))


@asynccontextmanager
async def people(settings: Settings) -> AsyncGenerator[People]:
    """Accounts and auth over the database of a running server, or over one's own."""
    async with attached(settings, redis=False) as reachable:
        if reachable.database_url is None:
            raise OperatorError(
                "There is no database.", "Set VECTAL_DATABASE_URL.", ExitCode.FAILED
            )
        database = Database(reachable.database_url.get_secret_value(), pool_size=1)
        accounts = AccountService.build(database, signup=settings.signup)
        auth = AuthService.build(database, accounts, RateLimiter(None), [_UNUSED_KEY])
        try:
            yield People(accounts, auth, database)
        except UserNotFoundError as error:
            raise OperatorError(
                "There is no account with this e-mail.",
                "`vectal users list` shows those there are.",
                ExitCode.FAILED,
            ) from error
        except AppError as error:
            raise OperatorError(error.title, error.detail, ExitCode.FAILED) from error
        finally:
            auth.close()
            await database.close()
