"""All SQL of tasks. Hot paths speak to the driver itself, in the same transaction.

Owns how rows become contracts; refuses to decide who may do what or what a change means.
"""
