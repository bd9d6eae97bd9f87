"""Generated requests: valid ones and single faults, judged, and made as short as it gets without buying."""
