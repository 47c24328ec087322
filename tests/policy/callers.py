"""How each kind of caller presents itself."""

from collections.abc import Iterable, Sequence

from tests.fixtures.accounts import Person
from tests.policy.matrix import Caller, World

from vectal.auth.principal import Scope

_KEYS: dict[tuple[str, str], str] = {}


async def credential(world: World, caller: Caller, scopes: Sequence[str]) -> str | None:
    """The token or key that the caller sends; made once for each scope."""
    person = world.people[caller]
    if caller is Caller.ANONYMOUS:
        return None
    if caller is Caller.KEY_WITH_SCOPE:
        return await _key(world, person, scopes)
    if caller is Caller.KEY_WITHOUT_SCOPE:
        others = [each.value for each in Scope if each.value not in (scopes[0], "*")]
        return await _key(world, person, others)
    if caller is Caller.REVOKED_KEY:
        return await _revoked_key(world, person)
    if caller is Caller.REVOKED_SESSION:
        await _revoke(world, person)
    return person.access_token


async def headers(world: World, caller: Caller, scopes: Sequence[str]) -> dict[str, str]:
    """An outsider speaks from her own workspace; an intruder names ours."""
    secret = await credential(world, caller, scopes)
    home = world.people[caller].workspace_id
    workspace = home if caller is Caller.OUTSIDER else world.workspace_id
    sent = {"Vectal-Workspace": str(workspace)}
    if secret is not None:
        sent["Authorization"] = f"Bearer {secret}"
    return sent


async def _key(world: World, person: Person, scopes: Iterable[str]) -> str:
    wanted = sorted(scopes)
    name = (str(person.user.id), ",".join(wanted))
    if name not in _KEYS:
        issued = await world.services.auth.keys.create(
            person.principal, "matrix", [Scope(each) for each in wanted]
        )
        _KEYS[name] = issued.text
    return _KEYS[name]


async def _revoked_key(world: World, person: Person) -> str:
    name = (str(person.user.id), "revoked")
    if name not in _KEYS:
        issued = await world.services.auth.keys.create(person.principal, "old", [Scope.ALL])
        await world.services.auth.keys.revoke(person.principal, issued.key.id)
        _KEYS[name] = issued.text
    return _KEYS[name]


async def _revoke(world: World, person: Person) -> None:
    name = (str(person.user.id), "session")
    if name not in _KEYS and person.principal.session_id is not None:
        await world.services.auth.sessions.revoke(person.principal, person.principal.session_id)
        _KEYS[name] = "revoked"
