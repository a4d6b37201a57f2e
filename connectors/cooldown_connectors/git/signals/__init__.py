"""Signals from history: what only the owner of a whole repository can say of a commit."""
