"""The shared words: exchanges, HAR, redaction, clocks and image facts. Imports nothing of Pixpact."""
