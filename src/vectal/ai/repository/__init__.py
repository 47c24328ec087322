"""SQL of providers, preferences and usage. Rows in, rows out; no rule lives here."""
