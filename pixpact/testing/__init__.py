"""The Python API and the pytest plugin: a mock inside a program, without a server to start."""
