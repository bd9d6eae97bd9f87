"""A drifted mock and an undrifted twin: answer each request twice, and compare the responses."""
