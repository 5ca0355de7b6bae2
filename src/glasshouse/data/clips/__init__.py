"""Clips: recordings that take time, as sounds and videos do."""
