"""Batches: many calls in a file, answered within a day.

Owns the files of lines, the journal of each line and the runner that sends them. It refuses to
know a way of its own to a model: lines go through the gateway, one by one, like calls of a client.
"""
