"""Sample values and bodies for requests, derived from schemas: values that keep or break each statement."""
