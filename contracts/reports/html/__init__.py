"""HTML reports: one self-contained file each, which loads nothing."""
