"""What LaTeX commands look like in a terminal: letters, relations, functions, raised and lowered signs."""

from __future__ import annotations


def _named(names: str, signs: str) -> dict[str, str]:
    """Signs by their names."""
    return dict(zip(names.split(), signs, strict=True))


LETTERS = {
    **_named("alpha beta gamma delta epsilon zeta eta theta", "αβγδεζηθ"),
    **_named("iota kappa lambda mu nu xi pi rho sigma tau", "ικλμνξπρστ"),
    **_named("upsilon phi chi psi omega", "υφχψω"),
    **_named("varepsilon vartheta varphi varrho varsigma", "εϑφϱς"),
    **_named("Gamma Delta Theta Lambda Xi Pi Sigma", "ΓΔΘΛΞΠΣ"),
    **_named("Upsilon Phi Psi Omega", "ΥΦΨΩ"),
    "infty": "∞",
    "ell": "ℓ",
    "dots": "…",
    "ldots": "…",
    "cdots": "…",
    "vdots": "⋮",
    "emptyset": "∅",
    "prime": "′",
    "top": "ᵀ",
    "intercal": "ᵀ",
    "%": "%",
    "#": "#",
    "&": "&",
    "$": "$",
    "_": "_",
}
"""Letters and signs that stand like a letter."""

OPERATIONS = {
    "cdot": "·",
    "times": "×",
    "odot": "⊙",
    "otimes": "⊗",
    "oplus": "⊕",
    "ast": "∗",
    "star": "⋆",
    "circ": "∘",
    "pm": "±",
    "mp": "∓",
    "div": "÷",
    "cap": "∩",
    "cup": "∪",
    "wedge": "∧",
    "vee": "∨",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "ne": "≠",
    "neq": "≠",
    "ll": "≪",
    "gg": "≫",
    "approx": "≈",
    "equiv": "≡",
    "sim": "∼",
    "propto": "∝",
    "in": "∈",
    "notin": "∉",
    "subset": "⊂",
    "mid": "|",
    "leftarrow": "←",
    "gets": "←",
    "to": "→",
    "rightarrow": "→",
    "mapsto": "↦",
    "Rightarrow": "⇒",
    "Leftrightarrow": "⇔",
    "iff": "⇔",
    "setminus": "∖",
    "bmod": "mod",
    "parallel": "∥",
}
"""Signs between two terms, with a space on either side."""

BEFORE = {"partial": "∂", "nabla": "∇", "neg": "¬", "lnot": "¬", "forall": "∀", "exists": "∃"}
"""Signs that stand close to what follows."""

SUMS = {"sum": "Σ", "prod": "Π", "int": "∫", "bigcup": "⋃", "bigcap": "⋂"}
"""Signs with limits below and above."""

FUNCTIONS = {"max", "min", "argmax", "argmin", "arg", "ln", "log", "exp", "sin", "cos", "tan", "tanh", "sinh"}
FUNCTIONS |= {"cosh", "det", "dim", "sup", "inf", "lim", "Pr", "sgn"}
"""Functions that are called by their own name."""

OPENING = {"(": "(", "[": "[", "lbrace": "{", "{": "{", "lfloor": "⌊", "lceil": "⌈", "langle": "⟨"}
CLOSING = {")": ")", "]": "]", "rbrace": "}", "}": "}", "rfloor": "⌋", "rceil": "⌉", "rangle": "⟩"}
BARS = {"|": "‖", "Vert": "‖", "lVert": "‖", "rVert": "‖", "vert": "|", "lvert": "|", "rvert": "|"}

THIN = {",", " ", ":", ">"}
WIDE = {";", "quad", "qquad"}
NOTHING = {"!", "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg"}
NOTHING |= {"displaystyle", "textstyle", "limits", "nolimits", "bm", "boldsymbol"}
UPRIGHT = {"mathrm", "mathbf", "mathcal", "mathbb", "mathit", "mathsf", "mathtt", "boldsymbol", "bm"}
WORDS = {"text", "textrm", "textit", "textbf", "textsf", "mbox"}
ACCENTS = {"hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303"}
ACCENTS |= {"bar": "\u0304", "overline": "\u0304", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7"}
"""Marks above a letter, which combine with it."""
SPOKEN = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "mean"}
SPOKEN |= {"overline": "mean", "dot": "dot", "ddot": "ddot", "vec": "vec"}
"""What is written in place of a mark that would have to stretch over several letters."""

RAISED = dict(zip("0123456789+−=()ntxikT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿᵗˣⁱᵏᵀ", strict=True)) | {"ᵀ": "ᵀ", "′": "′"}
LOWERED = dict(zip("0123456789+−aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
VULGAR = {("1", "2"): "½", ("1", "3"): "⅓", ("2", "3"): "⅔", ("1", "4"): "¼", ("3", "4"): "¾"}
