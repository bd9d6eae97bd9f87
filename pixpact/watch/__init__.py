"""A watch in CI: one issue for what a check finds, opened, kept up to date and closed."""
