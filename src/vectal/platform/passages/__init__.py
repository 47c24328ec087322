"""Passages: whether a text says what is said of it. Pure.

Owns sentences, their languages, numbers in brackets that cite, and the check of a sentence against
the passage that it cites. Refuses to know whose passage it is, and to ask a model.
"""
