"""Image bytes: painted, outlined, cached."""
