"""Values for requests: what schemas state, and values that keep or break each statement."""
