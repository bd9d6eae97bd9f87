"""What a contract states: every checkable statement of it as a claim, and the requests that can show each."""
