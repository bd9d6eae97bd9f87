"""Small values that several rooms share: identities, pace, latency, rate limits, problem details."""
