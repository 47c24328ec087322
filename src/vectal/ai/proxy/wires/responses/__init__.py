"""OpenAI's responses, as a client speaks them.

Nothing is kept from one call to the next: a client sends its whole conversation, as one that
sets `store` to false does. Thinking signed by another vendor keeps that vendor's name before its
signature. The shape has no place for stop sequences, seeds, penalties, or marks of errors in
tool results; of citations it knows pages of the web.
"""
