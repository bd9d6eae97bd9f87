"""Lint: finds every reason why a spec cannot be served."""
