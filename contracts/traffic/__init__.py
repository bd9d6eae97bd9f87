"""Reads live and recorded exchanges with the contract, joins them into traces, and records them without secrets."""
