"""Parts of `pixpact serve`: its banner, its log, and its workers."""
