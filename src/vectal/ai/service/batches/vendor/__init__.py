"""Batches at the vendors' own batch endpoints, for less money.

Owns which batches go there, their jobs at the vendor and what comes back. Every step is written
down before it is taken, so that a worker may vanish at any moment: whoever takes over finds the
job at the vendor again, and each line ends once.
"""
