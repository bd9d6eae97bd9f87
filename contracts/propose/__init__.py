"""Findings → the overlay that makes a contract true again."""
