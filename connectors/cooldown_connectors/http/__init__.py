"""The one way in which connectors speak HTTP."""
