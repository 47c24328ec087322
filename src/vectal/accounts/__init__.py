"""People and workspaces: users, memberships, roles, invitations and the instance's settings.

Owns who exists and who belongs where. Refuses to know how anyone proves who they are: passwords
in use, sessions, tokens and keys are `auth`'s.
"""
