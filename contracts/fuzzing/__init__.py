"""Generates requests, valid or with one fault, judges them, and shortens what fails at no cost."""
