"""Documents of any origin, made ready to be compared."""
