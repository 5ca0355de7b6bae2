"""Explanations of whole networks."""
