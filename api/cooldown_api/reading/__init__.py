"""From rows to what clients see."""
