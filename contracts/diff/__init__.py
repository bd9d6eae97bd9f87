"""What changed between two contracts, whether it matters, and for whom."""
