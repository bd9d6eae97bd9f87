"""Which probes are sent: the fewest priced ones that exercise the claims, and what none of them can reach."""
