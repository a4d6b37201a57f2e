"""OpenAI's fine-tuning API over ours: translation only, no logic of its own."""
