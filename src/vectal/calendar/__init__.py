"""Events of people: when and where, once or by a rule, their own or shown to the workspace.

Owns events, their exchange as iCalendar, and the agenda that shows them beside dated tasks and
coming runs. Refuses rules that nobody can bound, and to believe what a calendar of strangers says.
"""
