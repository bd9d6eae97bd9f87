"""A drifted mock beside an undrifted twin: what each response would have been, and where the two differ."""
