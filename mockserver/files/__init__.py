"""Images and uploads for download, and the faults of downloads."""
