"""The only way to send requests: budget, rules for live targets, pace, sockets, limits on responses."""
