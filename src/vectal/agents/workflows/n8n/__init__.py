"""n8n as the engine of a run: our workflow there calls our endpoints for each step.

Holds the engine, the client of n8n's API, the workflows as data, the passes that calls carry, and
the deployment. n8n knows ids and states of runs, never a word of them.
"""
