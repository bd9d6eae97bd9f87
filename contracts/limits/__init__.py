"""Limits of a run: budget, rate of requests, retry delays."""
