"""A vendor's contract as frozen values, and how a document becomes one."""
