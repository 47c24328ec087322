"""Texts to vectors.

Owns the port of an embedding model and the local one, which needs no network. It refuses to
shorten a text in silence: what is longer than a model's window is cut, and its vectors averaged.
"""
