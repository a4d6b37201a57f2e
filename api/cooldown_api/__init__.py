"""The REST API of cooldown-kit: recipes checked over HTTP by the same model that reads YAML files."""
