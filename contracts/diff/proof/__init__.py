"""Whether a difference matters to anyone: a witness, a proof that none exists, or the reason why neither was found."""
