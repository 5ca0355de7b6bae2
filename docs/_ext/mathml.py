"""Mathematics as MathML, which browsers draw themselves: no script, no font, no network."""

from __future__ import annotations

import re
from typing import Any

import latex2mathml
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

THIN = "0.1667em"
BETTER = {
    # large, but on the edge of the page's text and not in its middle
    'display="block"': 'display="inline" displaystyle="true"',
    "<mo>&#x02202;</mo>": "<mi>&#x02202;</mi>",
    "<mo>&#x0002F;</mo>": '<mo lspace="0.1em" rspace="0.1em">&#x0002F;</mo>',
    # a bar is to stretch over all that is below it
    '<mo accent="true">&#x02015;</mo>': '<mo stretchy="true">&#x000AF;</mo>',
    # a prime is an operator, for which typefaces have a glyph that sits right
    "<mi>&#x02032;</mi>": "<mo>&#x02032;</mo>",
    # bars around a term stand close to it
    '<mo stretchy="false">&#x0007C;</mo>': '<mo stretchy="false" lspace="0" rspace="0">&#x0007C;</mo>',
}
BRACKETS = ('<mo stretchy="false">&#x00028;</mo>', "</mrow>", "</munder>", "</msub>", "</msup>")
NAMED = re.compile(rf"<m[io]>(?P<word>[A-Za-z]{{2,}})</m[io]>(?P<next>{'|'.join(map(re.escape, BRACKETS))})?")
"""Words of two letters or more are names of functions: variables have one."""


def mathml(tex: str, node: nodes.Node, display: str = "inline") -> str:
    """The MathML of a formula; one that cannot be converted is told as a warning, and shown as it is."""
    try:
        text = convert(tex.replace("\n", " ").replace(r"\arg", r"\operatorname{arg}"), display=display)
    except Exception as error:  # the converter raises whatever it stumbles over
        logger.warning("formula %r cannot be converted: %r", tex, error, location=node)
        return f"<code>{nodes.Text(tex)}</code>"
    for found, better in BETTER.items():
        text = text.replace(found, better)
    return NAMED.sub(_spaced, text)


def _spaced(name: re.Match[str]) -> str:
    """The name of a function stands apart from what it is applied to, but not from a bracket."""
    after = "0" if name["next"] in BRACKETS else THIN
    return f'<mo form="prefix" lspace="{THIN}" rspace="{after}">{name["word"]}</mo>{name["next"] or ""}'


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """A formula in a line."""
    self.body.append(mathml(node.astext(), node))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own, with its number where it has one."""
    number = ""
    if node["number"]:
        number = f'<span class="eqno">({get_node_equation_number(self, node)})</span>'
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(f"{number}{mathml(node.astext(), node, 'block')}</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Let HTML pages be written this way."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": latex2mathml.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
