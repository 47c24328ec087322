"""The vendors' own batch endpoints: many requests as one job, answered within a day for less.

Each adapter speaks one vendor's wire. None of them knows what a batch of ours is: they take named
lines, and give named results back.
"""
