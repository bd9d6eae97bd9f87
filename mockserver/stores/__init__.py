"""Stores that several processes share: one file, or one Redis. What is remembered in one process is in `state`."""
