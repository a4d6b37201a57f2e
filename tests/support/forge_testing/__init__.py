"""Helpers for testing forge connectors: published API descriptions, recorded traffic, a replay server, a simulator.

Importable in every test (`pythonpath` in pyproject.toml). Nothing here is shipped, and nothing that is fetched is
committed: `make forge-packages` brings the packages into `.cache/forges`, pinned by version and by hash.
"""
