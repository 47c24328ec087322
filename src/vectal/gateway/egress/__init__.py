"""REST of the egress ledger, for administrators of a workspace.

Owns the two questions that can be asked of it. It refuses to write to the ledger; `platform.http`
does, with every request.
"""
