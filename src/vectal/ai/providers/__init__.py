"""One adapter a vendor: the canonical request to its wire, its stream to canonical events.

Owns what vendors call things and how they fail. It refuses to retry, to choose a model or to
count money: it makes one call and tells exactly how that call went.
"""
