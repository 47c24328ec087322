"""Shapes of OAuth consents and grants, as the app sees them."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.auth.contracts_oauth import Asked, AuthorizationRequest, OAuthClient, OAuthGrant
from vectal.auth.principal import Scope
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment, Text

Short = Annotated[Text, Field(max_length=200)]
Long = Annotated[Text, Field(max_length=2_000)]


class OAuthQuery(Schema):
    """The query that a program has sent the person with, as it came (RFC 6749, 4.1.1)."""

    response_type: Short = ""
    client_id: Short = ""
    redirect_uri: Annotated[Text, Field(max_length=500)] = ""
    code_challenge: Short = ""
    code_challenge_method: Short = ""
    scope: Long = ""
    state: Long = ""
    resource: Annotated[Text, Field(max_length=500)] = ""

    def request(self) -> AuthorizationRequest:
        return AuthorizationRequest(
            response_type=self.response_type,
            client_id=self.client_id,
            redirect_uri=self.redirect_uri,
            code_challenge=self.code_challenge,
            code_challenge_method=self.code_challenge_method,
            scope=self.scope,
            state=self.state,
            resource=self.resource,
        )


class OAuthDecision(OAuthQuery):
    allow: Flag
    scopes: Annotated[
        list[Scope], Field(max_length=32, description="Which of those asked for it gets")
    ] = Field(default_factory=list[Scope])


class OAuthConsent(Schema):
    """Who asks, and what for."""

    client_name: Annotated[str, Field(description="What the program calls itself; nobody checks")]
    redirect_uri: Annotated[str, Field(description="Where the answer goes")]
    scopes: Annotated[list[Scope], Field(description="Those asked for that you could give")]
    known_since: Moment

    @classmethod
    def of(cls, asked: Asked) -> Self:
        return cls(
            client_name=asked.client.name,
            redirect_uri=asked.redirect_uri,
            scopes=list(asked.scopes),
            known_since=asked.client.created_at,
        )


class OAuthDecided(Schema):
    redirect_to: Annotated[str, Field(description="Where to send the person next")]


class OAuthGrantShape(Schema):
    """What a program may do for its person in this workspace."""

    id: UUID
    client_name: str
    redirect_uri: str
    scopes: list[Scope]
    created_at: Moment
    refreshed_at: Annotated[Moment, Field(description="When it last got tokens")]
    expires_at: Annotated[Moment, Field(description="Unless it gets tokens before")]

    @classmethod
    def of(cls, grant: OAuthGrant, client: OAuthClient) -> Self:
        return cls(
            id=grant.id,
            client_name=client.name,
            redirect_uri=grant.redirect_uri,
            scopes=list(grant.scopes),
            created_at=grant.created_at,
            refreshed_at=grant.refreshed_at,
            expires_at=grant.expires_at,
        )
