"""All SQL of people and workspaces, one file a noun. Refuses decisions: those are the service's."""
