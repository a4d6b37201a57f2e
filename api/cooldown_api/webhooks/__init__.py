"""Webhooks: signed, retried, to addresses that were checked."""
