"""Programs that keep the repository in order.

Nothing here ships with the package, and the package imports nothing from here.
"""
