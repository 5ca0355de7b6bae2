"""Concepts of every kind together: found by any name, shown with equation, picture, numbers and usage."""

from __future__ import annotations

from glasshouse.concepts.card import Card, cards, show
from glasshouse.concepts.shelves import SHELVES, everything, find, of_kind

__all__ = ["SHELVES", "Card", "cards", "everything", "find", "of_kind", "show"]
