"""The console: one page at `/_pixpact/` that shows what the mock knows, and what it needs of the control side."""
