"""Whether a difference matters: one rule for each kind, as data."""
