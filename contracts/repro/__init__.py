"""Shell commands that send recorded requests again, safe to paste."""
