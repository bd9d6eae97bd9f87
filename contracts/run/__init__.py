"""Runs a check: plan, send, poll, judge."""
