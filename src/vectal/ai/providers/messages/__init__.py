"""Anthropic's messages wire: requests to `/v1/messages`, streams from it.

Owns content blocks, signed thinking and the way that cache and thinking are asked for.
"""
