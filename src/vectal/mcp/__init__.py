"""MCP: tools of other people's servers, for runs.

Owns which servers a workspace has, their credentials, what their tools say of themselves, and to
which of them a person has consented. Refuses to call a tool that nobody has consented to, or one
that says something else than when they did; to follow a redirect; and to start a program that an
operator has not named.
"""
