"""The meaning of the `x-` keys: expressions, keywords, images, lifecycles, request bodies."""
