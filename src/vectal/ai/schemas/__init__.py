"""Wire shapes of models, providers, preferences and usage."""
