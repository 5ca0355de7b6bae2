"""The page of an explanation: one offline HTML file in which every number can be asked for."""

from __future__ import annotations

from glasshouse.explain.page.write import as_html, in_notebook, write_html

__all__ = ["as_html", "in_notebook", "write_html"]
