"""The typed face of asyncpg's connection, which ships no types of its own."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Record(Protocol):
    """A row; columns by name or by place."""

    def __getitem__(self, key: str | int, /) -> Any: ...


class Driver(Protocol):
    """What hot paths use of the driver's own connection; placeholders are `$1`, `$2`."""

    async def execute(self, query: str, *values: Any) -> str: ...
    async def fetch(self, query: str, *values: Any) -> list[Record]: ...
    async def fetchrow(self, query: str, *values: Any) -> Record | None: ...
    async def fetchval(self, query: str, *values: Any) -> Any: ...
    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[Any]], columns: Sequence[str]
    ) -> str: ...
