"""Derives claims from a contract: every checkable statement, and the requests that exercise it."""
