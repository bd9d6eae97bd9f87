"""The lint rules: one short function each, registered in `pixpact.specs.lint.lint`."""
