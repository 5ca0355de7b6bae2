"""What the measurements share: the cases, the clock, the machine and the document they end up in."""
