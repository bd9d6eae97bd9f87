"""Regular expressions as sets of texts: read as ECMA-262 has them, compared, and sampled."""
