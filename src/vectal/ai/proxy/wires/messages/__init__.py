"""Anthropic's messages, as a client speaks them.

The shape has no place for a seed, penalties, the name of a schema or the detail of an image.
Thinking that another vendor signed keeps that vendor's name before its signature.
"""
