"""Who is calling and what they may do: credentials, sessions, API keys, principals and scopes.

Owns one resolver for every carrier of a credential and one table of actions. Refuses to decide
about single objects: that is each module's own `policy.py`.
"""
