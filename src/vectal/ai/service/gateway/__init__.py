"""Outside clients of the models: one call in, one answer out, in the client's own shape.

Owns the way of such a call: the name that was asked for, the route, the budget, the ledger. It
refuses to know HTTP; the gateway's doors read requests and write responses.
"""
