"""LaTeX as MathML: the part of it in which the formulas of the cards are written.

Browsers draw MathML themselves, so that a page needs no script and no font for its formulas.
"""

from __future__ import annotations

import re
from html import escape

LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "varphi": "φ", "psi": "ψ", "omega": "ω", "xi": "ξ", "Phi": "Φ", "Sigma": "Σ", "Delta": "Δ",
    "Omega": "Ω", "partial": "∂", "infty": "∞", "top": "⊤", "ell": "ℓ", "varepsilon": "ε",
}  # fmt: skip
SIGNS = {
    "cdot": "·", "odot": "⊙", "times": "×", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠",
    "neq": "≠", "sim": "∼", "approx": "≈", "in": "∈", "to": "→", "leftarrow": "←", "rightarrow": "→",
    "dots": "…", "ldots": "…", "cdots": "⋯", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
    "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "pm": "±", "circ": "∘", "ast": "∗", "mid": "|",
    "equiv": "≡", "propto": "∝", "nabla": "∇", "{": "{", "}": "}", "|": "‖", "oplus": "⊕", "cup": "∪",
}  # fmt: skip
LARGE = {"sum": "∑", "prod": "∏", "int": "∫"}
WORDS = {"ln", "log", "exp", "sin", "cos", "tan", "tanh", "arctan", "sinh", "cosh", "arg", "det", "lim"}
LIMITED = {"max", "min", "argmax", "argmin", "sup", "inf"}
ACCENTS = {"bar": "¯", "overline": "¯", "hat": "^", "tilde": "~", "vec": "→", "dot": "˙"}
SPACES = {",": "0.17em", ";": "0.28em", ":": "0.22em", "!": "0", " ": "0.25em", "quad": "1em", "qquad": "2em"}
UPRIGHT = {"text", "mathrm", "operatorname", "mathbf", "textbf", "mathit", "mbox", "mathbb", "mathcal"}
NOTHING = {"displaystyle", "limits", "nolimits", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "textstyle"}

_TOKEN = re.compile(r"\\([a-zA-Z]+|.)|(\d+(?:\.\d+)?)|(\s+)|(.)", re.DOTALL)


def mathml(latex: str, display: bool = False) -> str:
    """A formula as a ``<math>`` element. What is not understood stays readable as text.

    Args:
        latex: The formula.
        display: Whether it stands on its own line, with limits above and below its sums.

    Example:
        >>> mathml("y = x^2")
        '<math><mrow><mi>y</mi><mo>=</mo><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    """
    how = ' display="block"' if display else ""
    return f"<math{how}>{_Reader(latex).row()}</math>"


def mathml_lines(latex: str) -> str:
    r"""Formulas that are divided by commas or semicolons with a space behind them, each on its own line.

    Args:
        latex: One or several formulas.

    Example:
        >>> mathml_lines(r"a = 1,\; b = 2").count("<math")
        2
    """
    parts = [part for part in re.split(r"[,;]\s*\\[;,]\s*|,\s*\\quad\s*", latex) if part.strip()]
    return "".join(mathml(part, display=True) for part in parts)


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, latex: str) -> None:
        self.tokens = [
            ("command", match[1]) if match[1] else ("number", match[2]) if match[2] else ("sign", match[4])
            for match in _TOKEN.finditer(latex)
            if not match[3]
        ]
        self.source = latex
        self.at = 0

    def row(self, until: str | None = None) -> str:
        r"""Everything up to the end, a closing brace or a ``\right``."""
        parts: list[str] = []
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if until == "}" and (kind, text) == ("sign", "}"):
                self.at += 1
                break
            if until == "right" and (kind, text) == ("command", "right"):
                break
            if kind == "sign" and text in "_^":
                parts.append(self._scripts(parts.pop() if parts else "<mrow></mrow>"))
            elif kind == "sign" and text == "'":
                self.at += 1
                parts.append('<mo lspace="0" rspace="0.05em">′</mo>')
            else:
                parts.append(self._one())
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def _one(self) -> str:
        if self.at >= len(self.tokens):
            return "<mrow></mrow>"
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "command":
            return self._command(text)
        if kind == "number":
            return f"<mn>{text}</mn>"
        if text == "{":
            return self.row("}")
        if text.isalpha():
            return f"<mi>{escape(text)}</mi>"
        if text == "|":
            return '<mo stretchy="false" lspace="0" rspace="0">|</mo>'
        if text in "()[]":
            return f'<mo stretchy="false">{text}</mo>'
        return f"<mo>{escape({'-': '−', '*': '∗'}.get(text, text))}</mo>"

    def _command(self, name: str) -> str:
        if name in ("frac", "tfrac", "dfrac"):
            return f"<mfrac>{self._one()}{self._one()}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self._one()}</msqrt>"
        if name in ACCENTS:
            stretch = "true" if name == "overline" else "false"
            return f'<mover accent="true">{self._one()}<mo stretchy="{stretch}">{ACCENTS[name]}</mo></mover>'
        if name in UPRIGHT:
            return self._words(name)
        if name == "left":
            return self._fenced()
        if name in LARGE:
            return f'<mo movablelimits="true">{LARGE[name]}</mo>'
        if name in LETTERS:
            return f"<mi>{LETTERS[name]}</mi>"
        if name in SIGNS:
            return f"<mo>{SIGNS[name]}</mo>"
        if name in WORDS or name in LIMITED:
            word = f'<mi mathvariant="normal">{name}</mi>'
            return f"{word}<mspace width='0.12em'/>" if self._bare_follows() else word
        if name in SPACES:
            return f"<mspace width='{SPACES[name]}'/>"
        if name in NOTHING:
            return "<mrow></mrow>"
        return f"<mtext>\\{escape(name)}</mtext>"

    def _bare_follows(self) -> bool:
        """Whether an argument without brackets follows, as in ``ln x``."""
        if self.at >= len(self.tokens):
            return False
        kind, text = self.tokens[self.at]
        return kind == "number" or (kind == "command" and text not in ("left", "right")) or text.isalpha()

    def _words(self, name: str) -> str:
        opened = self.at < len(self.tokens) and self.tokens[self.at] == ("sign", "{")
        if not opened:
            return self._one()
        # Spaces were dropped from the tokens; inside of words they count, so the source is read again.
        commands = [match for match in _TOKEN.finditer(self.source) if not match[3]]
        start = commands[self.at].end()
        depth, end = 1, start
        while end < len(self.source) and depth:
            depth += {"{": 1, "}": -1}.get(self.source[end], 0)
            end += 1
        words = self.source[start : end - 1]
        while self.at < len(commands) and commands[self.at].start() < end:
            self.at += 1
        words = words.replace(r"\_", "_")
        if name in ("text", "textbf", "mbox"):
            return f"<mtext>{escape(words).replace(' ', '&#160;')}</mtext>"
        return f'<mi mathvariant="normal">{escape(words)}</mi>'

    def _fenced(self) -> str:
        opening = self._fence()
        inside = self.row("right")
        self.at += 1
        closing = self._fence()
        return f"<mrow>{opening}{inside}{closing}</mrow>"

    def _fence(self) -> str:
        if self.at >= len(self.tokens):
            return ""
        kind, text = self.tokens[self.at]
        self.at += 1
        sign = SIGNS.get(text, text) if kind == "command" else text
        return "" if sign == "." else f'<mo fence="true" stretchy="true">{escape(sign)}</mo>'

    def _scripts(self, base: str) -> str:
        below = above = ""
        while self.at < len(self.tokens) and self.tokens[self.at] in (("sign", "_"), ("sign", "^")):
            sign = self.tokens[self.at][1]
            self.at += 1
            script = self._one()
            below, above = (script, above) if sign == "_" else (below, script)
        limits = "movablelimits" in base or any(f">{name}</mi>" in base for name in LIMITED)
        base = base.removesuffix("<mspace width='0.12em'/>")
        if limits:
            tags = {(True, True): "munderover", (True, False): "munder", (False, True): "mover"}
        else:
            tags = {(True, True): "msubsup", (True, False): "msub", (False, True): "msup"}
        tag = tags[bool(below), bool(above)]
        return f"<{tag}>{base}{below}{above}</{tag}>"
