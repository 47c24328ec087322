"""Projects, tasks, subtasks and labels, their history, and the changesets a model proposes.

Owns every rule of a to-do item: order, due dates, depth, versions, who may change what, and the
way a proposed change is previewed, accepted, rejected and undone. Refuses background work (that
is `platform.jobs`), talking to models (`ai`) and talking to browsers (`realtime`).
"""
