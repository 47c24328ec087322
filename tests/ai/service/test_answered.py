"""Lines that are written from a template are what the columns say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.ai.service.test_calls_under_way import Call
from tests.fixtures.accounts import MakeUser

from vectal.ai.contracts import TokenUsage
from vectal.ai.repository import usage as usage_sql
from vectal.ai.service.gateway.answered import Alike, Answered
from vectal.platform.db import Database
from vectal.platform.ids import new_id

COUNTS = st.integers(0, 2**31 - 1)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - see next
    lambda at: at.replace(tzinfo=UTC)
)


async def test_they_are_alike(make_user: MakeUser, db: Database) -> None:
    call = Call((await make_user()).principal)
    alike = Alike(call.line())

    @given(
        st.text(max_size=80),
        st.builds(TokenUsage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
        st.none() | st.integers(0, 10**12),
        st.tuples(st.none() | COUNTS, COUNTS, TIMES),
    )
    def check(name: str, usage: TokenUsage, cost: int | None, rest: tuple[Any, Any, Any]) -> None:
        line_id = new_id()
        answered = Answered(alike, line_id.hex, name, usage, cost, *rest)
        by_columns = json.loads(usage_sql.encode(answered.as_line()))
        written = json.loads(answered.encode())
        for row in (by_columns, written):
            row["at"] = datetime.fromisoformat(row["at"])
            row["id"] = row["id"].replace("-", "")
            row["cost_usd"] = None if row["cost_usd"] is None else round(float(row["cost_usd"]), 8)
        assert written == by_columns

    check()
    at = datetime.now(UTC) - timedelta(days=1)
    told = TokenUsage(7, 5, 3, 2, 1), 123_456_789_012, 4, 9, at
    line = Answered(alike, new_id().hex, 'a "name" \u00e4', *told).encode()
    async with db.system("test") as session:
        # A second time is what follows a commit of which nobody heard.
        await usage_sql.add_encoded(session, [line])
        await usage_sql.add_encoded(session, [line])
    async with db.read(call.scope) as session:
        found = await usage_sql.list_calls(session, call.scope, user_id=None, before=None, limit=9)
    (row,) = found
    assert (row.request_id, row.input_tokens, row.at) == ('a "name" \u00e4', 7, at)
    assert str(row.cost_usd) == "1234.56789012"
    assert row.route_reason == {"codes": ['a \u00e4 " b']}
