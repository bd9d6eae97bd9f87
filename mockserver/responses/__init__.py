"""Which documented response fits a request, and how it is written."""
