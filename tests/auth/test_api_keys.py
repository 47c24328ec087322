"""API keys: who may make them, what they reach, and when they end."""

from tests.fixtures.accounts import MakeKey, Person

from vectal.auth.credentials import Credential
from vectal.auth.service import AuthService


async def test_a_key_speaks_for_its_maker(
    auth: AuthService, person: Person, make_key: MakeKey
) -> None:
    issued = await make_key(person, ["tasks:read"])
    principal = await auth.authenticate(Credential(issued.text))
    assert principal.user_id == person.user.id
    assert principal.scopes == {"tasks:read"}
