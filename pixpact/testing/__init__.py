"""The Python API and the pytest plugin: a mock within a program, without starting a server."""
