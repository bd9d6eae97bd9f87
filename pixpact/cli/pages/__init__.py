"""The pages of the commands, for people to read."""
