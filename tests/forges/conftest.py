"""The shared simulator."""

from forge_testing.fixtures import simulator

__all__ = ["simulator"]
