"""Webhooks: what is due, and the POST that delivers it."""
