"""`pixpact drill`: runs a test suite against drifted mocks, and reports which drifts it noticed."""
