"""From what checks say to one finding per fault and a verdict for every claim."""
