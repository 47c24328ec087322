"""Schedules and triggers: what begins a run when nobody is there to do so.

Owns recurrence rules, missed and overlapping occurrences, webhooks, mail and events that begin
runs, and the list of what they have begun. Refuses to begin the same occurrence or delivery twice,
to give a run more rights than its maker had or its owner has, and to believe what comes in.
"""
