"""Budgets: how much a call may take, and what this process holds to pay for it.

Owns units, periods, slices and the arithmetic that keeps a cap exact. It refuses to store
anything and to wait: the service moves amounts between this process and PostgreSQL.
"""
