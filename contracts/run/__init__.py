"""The walk of a check: plan, send, poll, judge, report."""
