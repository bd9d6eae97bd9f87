"""Terminal output of all commands: tables, amounts of money, and error messages."""
