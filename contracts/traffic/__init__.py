"""Exchanges as they were seen or recorded: read with the contract, joined to traces, kept without secrets."""
