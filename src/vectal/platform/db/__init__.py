"""PostgreSQL: engine, scoped sessions, base tables and paging.

Owns transactions and the tenant scope under them; refuses any connection that does not carry
a scope, and knows no business table.
"""

from vectal.platform.db.engine import Database
from vectal.platform.db.scope import DataScope, Scope
from vectal.platform.db.session import ReadSession, WriteSession

__all__ = ["DataScope", "Database", "ReadSession", "Scope", "WriteSession"]
