"""What of a conversation goes into a request, and the ledger that says so.

Owns the token budget: what must be in, what has room, what was shortened or cut and why. It
refuses to fetch anything: it is given all there is and decides.
"""
