"""Music as frames: which notes sound at every step."""
