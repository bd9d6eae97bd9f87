"""The GitHub Action: checks a vendor, and opens, updates and closes an issue about the findings."""
