"""Recorded traffic, played again."""
