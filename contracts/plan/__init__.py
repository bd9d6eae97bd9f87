"""Plans the probes of a check: the fewest priced requests that exercise the claims, and the claims beyond reach."""
