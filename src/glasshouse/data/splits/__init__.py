"""Splits: which rows train, which watch, which test."""
