"""The schema keeps the tenancy rules by itself: a new table that breaks one fails here."""

from sqlalchemy import text

from vectal.platform.db import Database

# Tables whose rows belong to no tenant and no person, each with its reason.
_WITHOUT_TENANT = {
    "alembic_version": "one row: the revision of the schema",
}

_TABLES = text(
    """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
        pg_get_userbyid(c.relowner) AS owner,
        (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1"""
)


async def test_every_table_forces_row_security(db: Database) -> None:
    async with db.system("catalog test") as session:
        rows = (await session.execute(_TABLES)).all()
    assert rows
    bad = [
        row.relname
        for row in rows
        if row.relname not in _WITHOUT_TENANT
        and not (row.relrowsecurity and row.relforcerowsecurity and row.policies)
    ]
    assert bad == []


async def test_the_roles_of_the_app_own_nothing(db: Database) -> None:
    async with db.system("catalog test") as session:
        rows = (await session.execute(_TABLES)).all()
        roles = (
            await session.execute(
                text(
                    "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcanlogin"
                    " FROM pg_roles WHERE rolname IN ('vectal_app', 'vectal_system')"
                )
            )
        ).all()
    assert not {row.owner for row in rows} & {"vectal_app", "vectal_system", "vectal_login"}
    assert len(roles) == 2
    assert all(not any(role[1:]) for role in roles)


async def test_every_tenant_column_is_required_and_leads_the_key(db: Database) -> None:
    async with db.system("catalog test") as session:
        nullable = (
            await session.execute(
                text(
                    "SELECT table_name FROM information_schema.columns WHERE table_schema ="
                    " 'public' AND column_name = 'workspace_id' AND is_nullable = 'YES'"
                )
            )
        ).all()
        keys = (
            await session.execute(
                text(
                    """SELECT t.relname, a.attname FROM pg_index i
                    JOIN pg_class t ON t.oid = i.indrelid
                    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
                    WHERE i.indisprimary AND EXISTS (SELECT 1 FROM pg_attribute w
                        WHERE w.attrelid = t.oid AND w.attname = 'workspace_id')
                    AND t.relnamespace = 'public'::regnamespace"""
                )
            )
        ).all()
    assert nullable == []
    assert {name: lead for name, lead in keys if lead != "workspace_id"} == {}


async def test_every_view_runs_as_its_caller(db: Database) -> None:
    async with db.system("catalog test") as session:
        views = (
            await session.execute(
                text(
                    """SELECT c.relname FROM pg_class c
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'public' AND c.relkind IN ('v', 'm')
                    AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
                    AND NOT EXISTS (SELECT 1 FROM pg_depend d
                        WHERE d.objid = c.oid AND d.deptype = 'e')"""
                )
            )
        ).all()
    assert views == []
