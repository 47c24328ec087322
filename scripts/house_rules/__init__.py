"""The rules that keep the architecture, as code.

`contracts/` judges who imports whom (import-linter), `rules/` judges what a file says (ast and
text). Style and types belong to ruff and basedpyright; nothing here repeats them.
Run with `python -m scripts.house_rules`.
"""
