"""Whether a spec can be served: every problem at once."""
