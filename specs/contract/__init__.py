"""The model of a contract as frozen values, and its loader."""
