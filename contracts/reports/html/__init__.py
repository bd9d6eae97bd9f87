"""Reports to look at: one file each, which needs nothing beside it and lets nothing out."""
