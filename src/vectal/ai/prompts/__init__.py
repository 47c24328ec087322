"""What models are told: versioned prompt files, and how they are filled.

Owns the words and the way that data is fenced off in them. A file is never changed once it has
shipped: a better prompt is a new version. Prompts know nothing of models or of tools' inner life.
"""
