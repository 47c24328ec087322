"""Who may what, as one table: a row for each operation, a column for each kind of caller.

A row says the least role, the scope a key needs, and the answer to those who may; what everybody
else gets follows from the kind of caller. To add a route, add its row to the file of its room.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from tests.fixtures.accounts import Person

from vectal.accounts.contracts import Role
from vectal.entrypoints.services import Services

Json = Mapping[str, Any]


class Caller(StrEnum):
    """The kinds of callers; each is a person of its own."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"
    ADMINISTRATOR = "administrator of the installation, owner here"
    INTRUDER = "stranger who names our workspace"
    OUTSIDER = "stranger who names our object from her own workspace"
    REVOKED_SESSION = "revoked session of an owner"
    REVOKED_KEY = "revoked key of an owner"
    KEY_WITHOUT_SCOPE = "key of an owner with every scope but the right one"
    KEY_WITH_SCOPE = "key of an owner with the right scope alone"
    ANONYMOUS = "nobody"


ROLES = {
    Caller.OWNER: Role.OWNER,
    Caller.ADMIN: Role.ADMIN,
    Caller.MEMBER: Role.MEMBER,
    Caller.VIEWER: Role.VIEWER,
    Caller.ADMINISTRATOR: Role.OWNER,
    Caller.KEY_WITH_SCOPE: Role.OWNER,
    Caller.KEY_WITHOUT_SCOPE: Role.OWNER,
}


@dataclass(frozen=True)
class World:
    """Our workspace, and everybody who may come to its doors."""

    services: Services
    workspace_id: UUID
    people: Mapping[Caller, Person]

    @property
    def owner(self) -> Person:
        return self.people[Caller.OWNER]


@dataclass(frozen=True)
class Request:
    """What goes into the request of one caller: parts of the path, query and body."""

    path: Json = field(default_factory=dict[str, Any])
    query: Json = field(default_factory=dict[str, Any])
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Prepare = Callable[[World, Person], Awaitable[Request]]
"""Makes the request for one caller; objects in its path are ours."""


async def plain(world: World, person: Person) -> Request:
    del world, person
    return Request()


@dataclass(frozen=True)
class Row:
    """One operation. `least` None: public, the same answer for everybody.

    `has_object`: the path names something of our workspace. `private`: it names something of one
    person, so every caller gets one of hers, and the outsider the owner's. `mine`: the request is
    made for each caller, but names nothing that could be another's. `also`: further scopes that
    the service asks for. `is_personal`: for a session, whatever the scopes of a key.
    """

    name: str
    least: Role | None
    scope: str
    ok: int
    prepare: Prepare = plain
    instance_admin: bool = False
    has_object: bool = False
    private: bool = False
    mine: bool = False
    also: tuple[str, ...] = ()
    is_personal: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a key needs; any will do at a public door."""
        return (self.scope or "account:read", *self.also)

    def expected(self, caller: Caller) -> int:
        if self.least is None:
            return self.ok
        if caller in (Caller.ANONYMOUS, Caller.REVOKED_SESSION, Caller.REVOKED_KEY):
            return 401
        if caller in (Caller.INTRUDER, Caller.OUTSIDER):
            return 404
        if caller is Caller.KEY_WITHOUT_SCOPE or not ROLES[caller].includes(self.least):
            return 403
        is_key = self.is_personal and caller is Caller.KEY_WITH_SCOPE
        if is_key or (self.instance_admin and caller is not Caller.ADMINISTRATOR):
            return 403
        return self.ok

    def callers(self) -> list[Caller]:
        """An outsider needs something of ours to ask for."""
        if self.has_object or self.private:
            return list(Caller)
        return [each for each in Caller if each is not Caller.OUTSIDER]

    def subject(self, caller: Caller) -> Caller:
        """For whom the request is made: whose the thing is that its path names."""
        is_own = (self.private and caller is not Caller.OUTSIDER) or self.mine
        return caller if is_own else Caller.OWNER


def public(name: str, ok: int, prepare: Prepare = plain) -> Row:
    return Row(name, None, "", ok, prepare)


def body_of(**members: Any) -> Prepare:
    """The same body from every caller."""

    async def prepare(world: World, person: Person) -> Request:
        del world, person
        return Request(body=members)

    return prepare
