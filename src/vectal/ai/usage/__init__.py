"""What models consume: counting tokens and pricing them.

Owns the tokenizer and the prices. It refuses to store anything: rows of the usage ledger are
written by the service through the repository.
"""
