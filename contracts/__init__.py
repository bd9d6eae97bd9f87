"""Whether a server keeps the promise, and what changed."""
