"""Recurrence by RFC 5545: rules of strangers, read exactly, and when they are due.

Owns neither what is due nor any word about it; whoever recurs says what that means.
"""
