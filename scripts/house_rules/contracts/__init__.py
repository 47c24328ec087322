"""What import-linter does not bring: our own contracts over the import graph.

`.importlinter` at the root states the contracts; these classes know how to judge them.
They take every name from that file, and none of them knows a room by itself.
"""
