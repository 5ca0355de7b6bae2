"""Exploration: what is in the data, and what looks wrong with it."""
