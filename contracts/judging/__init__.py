"""Turns the observations of checks into findings, one per fault, and a verdict for every claim."""
