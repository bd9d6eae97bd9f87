"""Contracts as data: reads, checks and compiles OpenAPI documents of vendors into frozen values."""
