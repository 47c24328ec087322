"""Small instances of JSON schemas, for a model that has none of its own to give."""
