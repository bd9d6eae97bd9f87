"""What a difference does to recorded calls."""
