"""Each rule about a Python file catches what it is there to catch, and lets the rest be."""

from collections.abc import Callable, Iterable

import pytest

from scripts.house_rules.rulebook import SOURCE_RULES
from scripts.house_rules.rules import (
    clocks,
    egress,
    failures,
    mappings,
    naming,
    output,
    rooms,
    sizes,
    sql,
    transactions,
)
from scripts.house_rules.sources import Source, parse
from scripts.house_rules.violation import Violation

Rule = Callable[[Source], Iterable[Violation]]

SERVICE = "src/vectal/tasks/service.py"
REPOSITORY = "src/vectal/tasks/repository.py"
DATABASE = "src/vectal/platform/db/sessions.py"
EGRESS = "src/vectal/platform/http/client.py"
LONG_BODY = "\n".join(f"    step_{n} = {n}" for n in range(50))

# rule, the file it is planted in, the wrong code
BREACHES: list[tuple[Rule, str, str]] = [
    (clocks.time_comes_from_the_clock, SERVICE, "import time\ntime.time()"),
    (clocks.time_comes_from_the_clock, SERVICE, "from time import time as now\nnow()"),
    (
        clocks.time_comes_from_the_clock,
        SERVICE,
        "from datetime import UTC, datetime as d\nd.now(UTC)",
    ),
    (clocks.time_comes_from_the_clock, SERVICE, "import datetime\ndatetime.datetime.utcnow()"),
    (clocks.time_comes_from_the_clock, SERVICE, "from datetime import date\ndate.today()"),
    (clocks.identifiers_come_from_ids, SERVICE, "import uuid\nuuid.uuid4()"),
    (clocks.identifiers_come_from_ids, SERVICE, "from uuid import uuid7\nuuid7()"),
    (egress.only_platform_http_speaks_http, SERVICE, "import httpx2"),
    (egress.only_platform_http_speaks_http, SERVICE, "from urllib import request"),
    (egress.only_platform_http_speaks_http, SERVICE, "import urllib.request"),
    (egress.only_platform_http_speaks_http, SERVICE, "from http.client import HTTPSConnection"),
    (egress.only_platform_http_speaks_http, SERVICE, "from aiohttp import ClientSession"),
    (egress.only_platform_http_speaks_http, SERVICE, "import requests.sessions as s"),
    (
        egress.only_platform_http_speaks_http,
        SERVICE,
        "from asyncio import open_connection as dial\ndial('example.org', 80)",
    ),
    (
        egress.only_platform_http_speaks_http,
        SERVICE,
        "loop.create_connection(Protocol, 'example.org', 80)",
    ),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "try:\n    pass\nexcept Exception:\n    pass",
    ),
    (failures.broad_except_speaks_or_raises, SERVICE, "try:\n    pass\nexcept:\n    x = 1"),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "try:\n    pass\nexcept (ValueError, BaseException) as error:\n    print(error)",
    ),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "from contextlib import suppress\nwith suppress(Exception):\n    pass",
    ),
    (failures.started_work_is_kept, SERVICE, "self.loop.create_task(work())"),
    (failures.started_work_is_kept, SERVICE, "_ = self._spawner.create_task(work())"),
    (
        mappings.relationships_never_load_lazily,
        "src/vectal/tasks/tables.py",
        "from sqlalchemy.orm import relationship\nrelationship('Label')",
    ),
    (
        mappings.relationships_never_load_lazily,
        "src/vectal/tasks/tables.py",
        "from sqlalchemy import orm\norm.relationship('Label', lazy='selectin')",
    ),
    (naming.classes_have_telling_names, SERVICE, "class TaskManager: ..."),
    (naming.classes_have_telling_names, SERVICE, "class HTTPUtils: ..."),
    (naming.classes_have_telling_names, SERVICE, "class ModelInfo: ..."),
    (naming.classes_have_telling_names, SERVICE, "class TaskV2: ..."),
    (output.nothing_prints, SERVICE, "print('hello')"),
    (output.imports_are_in_the_open, SERVICE, "import importlib\nimportlib.import_module('x')"),
    (rooms.modules_say_what_they_hold, SERVICE, "x = 1"),
    (sizes.functions_are_short, SERVICE, f"def plan():\n{LONG_BODY}"),
    (sizes.functions_are_short, "tests/tasks/test_plan.py", f"async def plan():\n{LONG_BODY}"),
    (sql.sql_lives_in_repositories, SERVICE, "from sqlalchemy import select\nselect(1)"),
    (sql.sql_lives_in_repositories, SERVICE, "import sqlalchemy as sa\nsa.text('x')"),
    (
        sql.sql_lives_in_repositories,
        SERVICE,
        "from sqlalchemy.dialects.postgresql import insert\ninsert(table)",
    ),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'SELECT 1'"),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'select id\\nfrom tasks'"),
    (sql.sql_lives_in_repositories, SERVICE, "x = f'UPDATE {table} SET title = 1'"),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'insert into tasks values (1)'"),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'DELETE FROM tasks'"),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'with t as (select 1) select * from t'"),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'set local lock_timeout = 1'"),
    (transactions.only_the_database_room_commits, SERVICE, "session.commit()"),
    (transactions.only_the_database_room_commits, REPOSITORY, "await self.session.commit()"),
    (transactions.settings_are_local, DATABASE, "x = 'SET ROLE vectal_app'"),
    (transactions.settings_are_local, DATABASE, "x = 'set search_path = public'"),
    (transactions.settings_are_local, DATABASE, "x = 'SET SESSION lock_timeout TO 5'"),
    (transactions.settings_are_local, DATABASE, "x = 'SELECT 1; SET a.b = 1'"),
    (transactions.settings_are_local, DATABASE, "x = f'SET {name} = 1'"),
    (transactions.settings_are_local, DATABASE, "x = \"SELECT set_config('a', $1, false)\""),
]

PERMITTED: list[tuple[Rule, str, str]] = [
    (clocks.time_comes_from_the_clock, "src/vectal/platform/clock.py", "import time; time.time()"),
    (clocks.time_comes_from_the_clock, SERVICE, "import time; time.monotonic()"),
    (clocks.time_comes_from_the_clock, "tests/test_x.py", "import time; time.time()"),
    (clocks.identifiers_come_from_ids, "src/vectal/platform/ids.py", "import uuid; uuid.uuid7()"),
    (clocks.identifiers_come_from_ids, SERVICE, "import uuid; uuid.uuid5(space, name)"),
    (egress.only_platform_http_speaks_http, EGRESS, "import httpx2, urllib.request"),
    (egress.only_platform_http_speaks_http, "src/vectal/ai/transport.py", "import httpx2"),
    (egress.only_platform_http_speaks_http, SERVICE, "from urllib.parse import quote"),
    (
        egress.only_platform_http_speaks_http,
        "src/vectal/entrypoints/up.py",
        "import asyncio; asyncio.open_connection('127.0.0.1', port)",
    ),
    (egress.only_platform_http_speaks_http, SERVICE, "from http import HTTPStatus"),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "try:\n    pass\nexcept Exception:\n    log.exception('tasks.plan_failed')",
    ),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "try:\n    pass\nexcept Exception as error:\n    log_unexpected(error)",
    ),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "try:\n    pass\nexcept BaseException:\n    close()\n    raise",
    ),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "try:\n    pass\nexcept Exception as error:\n    future.set_exception(error)",
    ),
    (
        failures.broad_except_speaks_or_raises,
        SERVICE,
        "try:\n    pass\nexcept ValueError:\n    pass",
    ),
    (failures.started_work_is_kept, SERVICE, "task = loop.create_task(work())"),
    (
        failures.started_work_is_kept,
        SERVICE,
        "async def f():\n async with asyncio.TaskGroup() as crew:\n  crew.create_task(work())",
    ),
    (
        failures.started_work_is_kept,
        SERVICE,
        "def f(crew: asyncio.TaskGroup):\n crew.create_task(work())",
    ),
    (
        mappings.relationships_never_load_lazily,
        "src/vectal/tasks/tables.py",
        "from sqlalchemy.orm import relationship\nrelationship('Label', lazy='raise')",
    ),
    (naming.classes_have_telling_names, SERVICE, "class DataKey: ..."),
    (naming.classes_have_telling_names, SERVICE, "class Informant: ..."),
    (naming.classes_have_telling_names, SERVICE, "class CoreWebVitals: ..."),
    (output.nothing_prints, "bench/turns.py", "print('figures')"),
    (
        output.imports_are_in_the_open,
        "src/vectal/migrations/env.py",
        "import importlib; importlib.import_module('vectal.tasks.tables')",
    ),
    (rooms.modules_say_what_they_hold, SERVICE, '"""Use cases of tasks."""'),
    (
        sizes.functions_are_short,
        SERVICE,
        f'def plan():\n    """Plan.\n\n    Why.\n    """\n{LONG_BODY[:600]}',
    ),
    (
        sizes.functions_are_short,
        SERVICE,
        "def make_router():\n"
        + "\n".join(f"    def route_{n}():\n        a = 1\n        return a" for n in range(20)),
    ),
    (
        sizes.functions_are_short,
        "src/vectal/migrations/versions/0003_tasks.py",
        f"def upgrade():\n{LONG_BODY}",
    ),
    (sql.sql_lives_in_repositories, REPOSITORY, "from sqlalchemy import select; select(1)"),
    (sql.sql_lives_in_repositories, "src/vectal/tasks/repository_bulk.py", "x = 'SELECT 1'"),
    (sql.sql_lives_in_repositories, "src/vectal/platform/http/repository.py", "x = 'SELECT 1'"),
    (sql.sql_lives_in_repositories, DATABASE, "x = 'SELECT 1'"),
    (
        sql.sql_lives_in_repositories,
        "src/vectal/tasks/tables.py",
        "from sqlalchemy import text; text('deleted_at IS NULL')",
    ),
    (sql.sql_lives_in_repositories, SERVICE, '"""SELECT id FROM tasks is what it runs."""'),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'Select a file from the list'"),
    (sql.sql_lives_in_repositories, SERVICE, "x = 'Delete from here to there'"),
    (sql.sql_lives_in_repositories, SERVICE, "import select; select.select([], [], [])"),
    (transactions.only_the_database_room_commits, DATABASE, "session.commit()"),
    (
        transactions.only_the_database_room_commits,
        "src/vectal/entrypoints/scheduler.py",
        "session.commit()",
    ),
    (transactions.settings_are_local, DATABASE, "x = 'SET LOCAL ROLE vectal_app'"),
    (transactions.settings_are_local, DATABASE, "x = 'UPDATE tasks\\nSET title = 1'"),
    (transactions.settings_are_local, DATABASE, "x = 'SET CONSTRAINTS ALL DEFERRED'"),
    (transactions.settings_are_local, DATABASE, "x = 'Set up = nothing'"),
    (transactions.settings_are_local, DATABASE, "x = \"SELECT set_config('a', $1, true)\""),
]


def _name(case: tuple[Rule, str, str]) -> str:
    rule, path, code = case
    return f"{rule.__name__}: {code[-40:]!r} in {path.removeprefix('src/vectal/')}"


@pytest.mark.parametrize(("rule", "path", "code"), BREACHES, ids=map(_name, BREACHES))
def test_a_planted_breach_is_caught_at_its_line(rule: Rule, path: str, code: str) -> None:
    found = list(rule(parse(path, code)))

    assert [violation.path for violation in found] == [path]
    assert str(found[0]).startswith(f"{path}:{found[0].line} {found[0].rule} ")


@pytest.mark.parametrize(("rule", "path", "code"), PERMITTED, ids=map(_name, PERMITTED))
def test_what_is_permitted_is_let_be(rule: Rule, path: str, code: str) -> None:
    assert list(rule(parse(path, code))) == []


def test_a_violation_names_the_line_that_breaks_the_rule() -> None:
    code = '"""Say."""\n\nimport time\n\n\ndef plan():\n    return time.time()\n'

    (found,) = clocks.time_comes_from_the_clock(parse(SERVICE, code))

    assert found.line == code[: code.index("time.time()")].count("\n") + 1


def test_every_rule_has_a_planted_breach() -> None:
    assert {rule for rule, *_ in BREACHES} == set(SOURCE_RULES)
