"""What every command says to a terminal: tables, amounts of money, refusals."""
