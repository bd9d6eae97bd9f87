"""A command that sends a recorded request again, safe to paste."""
