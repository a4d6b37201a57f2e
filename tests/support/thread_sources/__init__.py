"""Generators of what the `threads` connector reads."""
