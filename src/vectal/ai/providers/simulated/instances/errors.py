"""Why there is no instance of a schema."""

from __future__ import annotations


class NoInstanceError(Exception):
    """No instance is found this way; another branch of the schema may have one."""


class TooLargeError(NoInstanceError):
    """The schema, or its smallest instance, is larger than the Simulator wants to go."""
