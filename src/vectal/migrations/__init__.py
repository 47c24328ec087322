"""The schema, as a line of revisions; sees every module's tables.

Owns DDL, roles and policies; refuses data changes that a release could not undo.
"""
