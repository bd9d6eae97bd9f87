"""What differs between two contracts; never whether it matters."""
