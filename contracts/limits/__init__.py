"""What a run may spend and how fast it may send: budget, pace, waiting for a busy server."""
