"""What every room stands on: configuration, database, events, keys, egress, telemetry.

No business word is allowed here: the platform knows no task, no conversation and no model.
"""
