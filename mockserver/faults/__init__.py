"""What goes wrong on demand: a fault as a value, whether it fits what is served, and what it does to a connection."""
