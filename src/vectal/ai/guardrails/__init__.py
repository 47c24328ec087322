"""Guardrails: what may not leave in a request, and what may not come back in an answer.

Owns the rules, the built-in checks and how they work together on one call. Pure: it opens no
connection and stores nothing; an outside judge is a port. It refuses to keep or tell content:
what it did is told in codes.
"""
