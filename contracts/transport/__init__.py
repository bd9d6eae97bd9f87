"""The only way out: budget, rules for live targets, pace, sockets, and limits on what comes back."""
