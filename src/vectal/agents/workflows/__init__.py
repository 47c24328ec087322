"""Engines: who brings a run from step to step. Each is an adapter of the port in `engine`.

A run is the same under all of them: a row, a journal, a lease. An engine owns when the next step is
taken and by whom, and nothing else; what the step is, the journal decides.
"""
