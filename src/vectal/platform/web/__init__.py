"""What every HTTP door shares: strict schemas, pages and idempotent POSTs.

Owns no route and no business word.
"""

from vectal.platform.web.idempotency import IdempotentRoute
from vectal.platform.web.schema import Page, Schema

__all__ = ["IdempotentRoute", "Page", "Schema"]
