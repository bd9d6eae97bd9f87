"""The lint rules: one function each, registered in `pixpact.specs.lint.lint`."""
