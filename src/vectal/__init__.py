"""Vectal: tasks, chat, files and agents in one self-hosted place."""
