"""How often one may try to sign in: by address and by account."""

import math
from typing import Final

from vectal.auth.errors import ThrottledError
from vectal.platform.rate_limit import Limit, RateLimiter, network_of

_BY_ADDRESS: Final = Limit("sign_in_address", burst=60, interval_s=1.0)
_BY_ACCOUNT: Final = Limit("sign_in_account", burst=10, interval_s=10.0)


class SignInThrottle:
    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    async def check_address(self, ip: str) -> None:
        await self._take([(_BY_ADDRESS, network_of(ip))])

    async def check(self, ip: str, account: str) -> None:
        """Raise ThrottledError with Retry-After when either has tried too often."""
        await self._take([(_BY_ADDRESS, network_of(ip)), (_BY_ACCOUNT, account)])

    async def forgive(self, account: str) -> None:
        """A right password clears what others tried on the account."""
        await self._limiter.give_back(_BY_ACCOUNT, account)

    async def _take(self, wanted: list[tuple[Limit, str]]) -> None:
        wait_s = await self._limiter.take(wanted)
        if wait_s:
            seconds = math.ceil(wait_s)
            raise ThrottledError(
                f"Try again in {seconds} s.",
                extra={"retry_after_s": seconds},
                headers={"Retry-After": str(seconds)},
            )
