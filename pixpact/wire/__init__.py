"""Shared values of all packages: exchanges, HAR, redaction, clocks, image facts. Imports nothing of Pixpact."""
