"""Who asks, and what they may: API keys, tokens of an identity provider, signed-in browsers."""
