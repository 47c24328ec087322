"""The one wire to models: tries, breakers and fallback, and the door that clients speak to.

Owns what happens to a call on its way: which target is tried when, what is retried, what is
recorded. It refuses to choose targets (the router did) and never tries again once a model has
begun to answer.
"""
