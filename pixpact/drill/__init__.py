"""The drill: a suite of tests run against drifted mocks, and what became of each drift."""
