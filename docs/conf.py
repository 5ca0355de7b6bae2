"""How Sphinx builds the handbook: MyST pages, Furo, mathematics and references made at build time.

The pages load nothing from the network: no fonts, no scripts, no formulas drawn elsewhere.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Glasshouse"
author = "the Glasshouse authors"
project_copyright = "2026, the Glasshouse authors"
version = release = installed("glasshouse")
language = "en"
smartquotes = False  # two hyphens before an option are meant

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "mathml",  # _ext/mathml.py
    "from_code",  # _ext/from_code.py
    "docstrings",  # _ext/docstrings.py
]
exclude_patterns = ["_build", "decisions/README.md"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 72
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Source", "notes_style"), "Shapes"]
napoleon_use_rtype = False
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_math_renderer = "mathml"
html_title = f"Glasshouse {version}"
html_static_path = ["_static"]
html_css_files = ["glasshouse.css"]
html_favicon = "_static/mark.svg"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "native"

_SANS = (
    '-apple-system, "Segoe UI", Roboto, Inter, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, '
    "sans-serif"
)
_MONO = (
    'ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", "Liberation Mono", "DejaVu Sans Mono", '
    "monospace"
)
_LIGHT = {
    "paper": "#fcfdfc",
    "panel": "#f2f6f4",
    "ink": "#17211f",
    "muted": "#56655f",
    "rule": "#dce4e1",
    "accent": "#0b6e63",
}
_DARK = {
    "paper": "#0f1514",
    "panel": "#182120",
    "ink": "#e6edeb",
    "muted": "#9caeaa",
    "rule": "#2a3634",
    "accent": "#4cc3b0",
}


def _theme(colours: dict[str, str]) -> dict[str, str]:
    """The report's colours under the names that Furo has for them."""
    return {
        "font-stack": _SANS,
        "font-stack--monospace": _MONO,
        "color-foreground-primary": colours["ink"],
        "color-foreground-secondary": colours["muted"],
        "color-foreground-muted": colours["muted"],
        "color-foreground-border": colours["rule"],
        "color-background-primary": colours["paper"],
        "color-background-secondary": colours["paper"],
        "color-background-hover": colours["panel"],
        "color-background-border": colours["rule"],
        "color-brand-primary": colours["accent"],
        "color-brand-content": colours["accent"],
        "color-brand-visited": colours["accent"],
        "color-link--visited": colours["accent"],
        "color-inline-code-background": colours["panel"],
        "color-code-background": colours["panel"],
        "color-code-foreground": colours["ink"],
        "color-api-name": colours["ink"],
        "color-api-pre-name": colours["muted"],
        "color-api-background": colours["panel"],
        "color-highlight-on-target": colours["panel"],
        "color-sidebar-link-text--top-level": colours["ink"],
        "color-sidebar-search-background": colours["panel"],
        "color-table-header-background": "transparent",
        "color-table-border": colours["rule"],
        "color-admonition-background": colours["panel"],
    }


html_theme_options = {
    "light_css_variables": _theme(_LIGHT),
    "dark_css_variables": _theme(_DARK),
    "light_logo": "mark.svg",
    "dark_logo": "mark-dark.svg",
    "footer_icons": [],
}
