"""A figure as SVG text that stands in an HTML page and follows the page's light or dark colours."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from html import escape

import matplotlib
from matplotlib.figure import Figure

from glasshouse.plot.style import COLOURS

_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def to_svg(figure: Figure, title: str, description: str = "") -> str:
    """Turn a figure into an ``<svg>`` element.

    Colours of the house style become ``var(--name, #original)``, so that a page sets them for light and dark
    and the picture still has colours where no page does. Text stays text and takes the page's typeface. The
    size is left to the page; identifiers are unique to the figure.

    Args:
        figure: Any figure; it is not changed.
        title: What it shows, for people who do not see it.
        description: What can be read from it.

    Example:
        >>> from glasshouse.plot.style import panel
        >>> text = to_svg(panel()[0], "Nothing yet")
        >>> text.startswith("<svg"), "<title" in text, "http" in text
        (True, True, False)
    """
    stream = io.StringIO()
    with (
        matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "glasshouse"}),
        warnings.catch_warnings(),
    ):
        # letters that matplotlib's typeface lacks are drawn by the page's
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(stream, format="svg", metadata=_METADATA, transparent=True)
    text = stream.getvalue()
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    box = re.search(r'viewBox="([^"]+)"', text)
    assert box is not None
    inner = _plain(inner)
    inner = _tinted(inner)
    for colour, name in COLOURS.items():
        inner = inner.replace(colour, f"var(--{name}, {colour})")
    mark = "f" + hashlib.sha256((title + inner).encode()).hexdigest()[:8]
    inner = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{mark}-", inner)
    return (
        f'<svg viewBox="{box.group(1)}" role="img" aria-labelledby="{mark}-t {mark}-d" '
        'style="stroke-linejoin:round;stroke-linecap:butt">'
        f'<title id="{mark}-t">{escape(title)}</title><desc id="{mark}-d">{escape(description)}</desc>'
        f"{inner}</svg>"
    )


LIGHT = "--ink:#17211f;--muted:#56655f;--rule:#dce4e1;--paper:#fcfdfc;--accent:#0b6e63;--second:#b4540a"
DARK = "--ink:#e6edeb;--muted:#9caeaa;--rule:#2a3634;--paper:#0f1514;--accent:#4cc3b0;--second:#f0a35e"
"""The report's colours, for a figure that no page colours."""
TYPEFACE = (
    'system-ui,-apple-system,"Segoe UI","Helvetica Neue","Noto Sans","Liberation Sans",Arial,sans-serif'
)
SCALE = 2
"""How large a figure is shown where nothing says how large."""


def as_file(svg: str) -> str:
    """Make a figure a file of its own: on the house's paper, in light or dark as its reader has it.

    Args:
        svg: What :func:`to_svg` gave.

    Example:
        >>> from glasshouse.plot.style import panel
        >>> text = as_file(to_svg(panel(height=210)[0], "Nothing yet"))
        >>> 'width="720" height="420"' in text, "prefers-color-scheme: dark" in text
        (True, True)
    """
    box = re.search(r'viewBox="0 0 (\S+) (\S+)"', svg)
    assert box is not None
    width, height = (SCALE * float(side) for side in box.groups())
    style = (
        f"<style>svg{{{LIGHT};font-family:{TYPEFACE}}}"
        f"@media (prefers-color-scheme: dark){{svg{{{DARK}}}}}</style>"
        '<rect width="100%" height="100%" style="fill:var(--paper)"/>'
    )
    head, inner = svg.split("</desc>", maxsplit=1)
    size = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
    return f"{head.replace('<svg ', size, 1)}</desc>{style}{inner}\n"


def _plain(inner: str) -> str:
    """Drop what a page does not need: its own styles, typefaces, long decimals, white space, empty frames."""
    # matplotlib styles "*": inside a page that would be every element of the page
    inner = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", inner, flags=re.S)
    inner = re.sub(r"<metadata>.*?</metadata>", "", inner, flags=re.S)
    inner = re.sub(r"<!--.*?-->", "", inner, flags=re.S)
    inner = re.sub(r" font-family: [^;\"]*;?", "", inner)
    inner = inner.replace("xlink:href", "href").replace("data:image/png;base64,\n", "data:image/png;base64,")
    inner = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", inner)
    # in places only: a number in words is for people to read in full
    inner = re.sub(r' (?:d|x|y|transform)="[^"]*"', _rounded, inner)
    inner = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", inner)
    inner = re.sub(r"\s*\n\s*", " ", inner)
    return _shared_styles(re.sub(r"> <", "><", inner))


def _rounded(attribute: re.Match[str]) -> str:
    return re.sub(r"(\d+\.\d\d)\d+", r"\1", attribute.group(0))


def _shared_styles(inner: str) -> str:
    """Let the marks of a scatter share one style instead of each repeating it."""

    def share(found: re.Match[str]) -> str:
        style = found.group(2)
        marks = found.group(0).replace(f' style="{style}"', "")
        return f'<g style="{style}">{marks}</g>'

    return re.sub(r'(<use [^>]*?) style="([^"]*)"/>(?:<use [^>]*? style="\2"/>)+', share, inner)


def _tinted(inner: str) -> str:
    """Make heat maps follow the page: their opacity becomes a mask over a rectangle of the page's colour."""

    def tint(found: re.Match[str]) -> str:
        image = found.group(0)
        colour, number = found.group(1), found.start()
        frame = re.search(r'transform="matrix\(([^)]*)\)"', image)
        size = re.search(r'width="(\S+)" height="(\S+)"', image)
        if frame is None or size is None:
            return image
        bare = image.replace(f' id="heat-{colour}"', "")
        return (
            f'<mask id="mask{number}" style="mask-type:alpha" maskUnits="userSpaceOnUse" '
            f'x="0" y="0" width="100%" height="100%">{bare}</mask>'
            f'<g mask="url(#mask{number})"><rect width="{size.group(1)}" height="{size.group(2)}" '
            f'transform="matrix({frame.group(1)})" style="fill: #{colour}"/></g>'
        )

    # the attributes may come in any order, so the whole element is matched first
    pattern = r'<image (?=[^>]*\bid="heat-([0-9a-f]{6})\d*")[^>]*/>'
    return re.sub(pattern, tint, inner)
