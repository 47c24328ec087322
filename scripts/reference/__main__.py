"""`python -m scripts.reference`: write every page."""

from scripts.reference.pages import FOLDER, PAGES

for name, render in PAGES.items():
    (FOLDER / name).write_text(render(), encoding="utf-8")
