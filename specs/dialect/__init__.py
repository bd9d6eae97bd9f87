"""What the `x-` keys mean: expressions, keywords, images, lifecycles, request bodies."""
