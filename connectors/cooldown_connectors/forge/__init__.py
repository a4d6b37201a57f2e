"""What all forges share: the forge-neutral parts, the engine that harvests them, and what joins them to git."""
