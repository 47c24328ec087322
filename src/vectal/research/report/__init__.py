"""The report as it is shown: a body without foreign links, as Markdown, and as PDF."""
