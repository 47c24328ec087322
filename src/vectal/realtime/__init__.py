"""Updates for open screens: channels, resume cursors, and the hub that hands them out.

Owns who hears what while it happens, in one process and between processes. Refuses to be a
source of truth: every update can be found again in PostgreSQL by its id, Redis only says sooner
that there is something to read. It speaks neither WebSocket nor HTTP.
"""
