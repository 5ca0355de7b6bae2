"""LaTeX as a line of text: expectations written by hand, and no card that leaves LaTeX behind."""

from __future__ import annotations

import pytest

from glasshouse.concepts import everything
from glasshouse.concepts.readable import readable, unknown_commands
from glasshouse.concepts.shelves import full_name

BY_HAND = {
    # fractions: brackets only where reading in a line would change the meaning
    r"\frac{1}{1 + e^{-\lambda x}}": "1 / (1 + e^(−λ x))",
    r"\frac{a - b}{c}": "(a − b) / c",
    r"\frac{2 TP}{2 TP + FP}": "2 TP / (2 TP + FP)",
    r"\frac1N \sum_n x_n": "1/N · Σₙ xₙ",
    r"\frac{1}{N D} \sum_{n,d} y_{nd}": "1 / (N D) · Σ[n, d] y_nd",
    r"\frac{\frac{a}{b}}{c}": "(a/b) / c",
    r"-\frac{a}{b} x": "−a/b · x",
    r"\ln \frac{a}{b + c}": "ln(a / (b + c))",
    r"\gamma_c \frac{x - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + \beta_c": "γ_c (x − μ_c) / √(σ_c² + ε) + β_c",
    r"\tfrac12 r^2": "½ r²",
    r"\frac{\partial L}{\partial y_{no}} x_{ni}": "∂L/∂yₙₒ · xₙᵢ",
    r"\partial f / \partial \beta": "∂f/∂β",
    # roots
    r"\sqrt{s} + \sqrt{s + 1} + \sqrt[3]{x}": "√s + √(s + 1) + ³√x",
    # indices and exponents
    r"x^{-1} + e^x + \gamma^{e} + W^\top": "x⁻¹ + eˣ + γ^e + Wᵀ",
    r"e^{-x^2 / 2}": "e^(−x² / 2)",
    r"(1 - p_n)^\gamma": "(1 − pₙ)^γ",
    r"h_{l-1}, x_{s i + j - p}": "h[l − 1], x[s i + j − p]",
    r"\operatorname{softmax}(z_n)_{y_n}": "softmax(zₙ)[yₙ]",
    r"{x + 1}^2": "(x + 1)²",
    r"W^q_h Q + x_i^2 + x^2_i": "Wₕ^q Q + xᵢ² + xᵢ²",
    r"\tanh^2(S x)": "tanh²(S x)",
    r"f'(x) = 1": "f′(x) = 1",
    # sums and products with limits
    r"\sum_{j=0}^{k-1} x_j": "Σ[j = 0 … k − 1] xⱼ",
    r"\prod_{i=1}^n p_i": "Π[i = 1 … n] pᵢ",
    r"\max_{k \ne y} s_k": "max[k ≠ y] sₖ",
    # marks above letters
    r"\hat m / (\sqrt{\hat s} + \epsilon)": "m̂ / (√ŝ + ε)",
    r"\bar{x_i} - \overline{g \hat x}": "x̄ᵢ − mean(g x̂)",
    # signs: of a number, and between two
    r"a = -b, (-x), 1 - -x": "a = −b, (−x), 1 − −x",
    r"0 \text{ for } -3 < x": "0 for −3 < x",
    r"w \leftarrow w - \eta g,\; v \sim N(0, \sigma^2)": "w ← w − η g,  v ∼ N(0, σ²)",
    r"w\leftarrow w-\eta g": "w ← w − η g",
    # brackets and bars
    r"\left(\frac{x}{2}\right)": "(x/2)",
    r"\|W\|_2^2 + |x| - \lfloor e / k \rfloor": "‖W‖₂² + |x| − ⌊e / k⌋",
    r"[k = \arg\max_j s_j]": "[k = arg maxⱼ sⱼ]",
    r"e = q^\top k\;|\; |q| + |-k|": "e = qᵀ k  |  |q| + |−k|",
    # environments
    r"\begin{cases} x & \text{if } x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}": (
        "x if x > 0;  α (eˣ − 1) for x ≤ 0"
    ),
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}": "[a, b; c, d]",
    # letters and words
    r"\mathbb{E}[x] + \mathrm{rms}\,\varphi(x)": "E[x] + rms φ(x)",
    r"a \odot b \cdot c \times d \to \infty": "a ⊙ b · c × d → ∞",
}


@pytest.mark.parametrize("latex", BY_HAND)
def test_an_equation_reads_as_a_person_would_type_it(latex):
    assert readable(latex) == BY_HAND[latex]


@pytest.mark.parametrize("concept", everything(), ids=full_name)
def test_no_card_leaves_latex_in_the_terminal(concept):
    for latex in (concept.equation, concept.derivative):
        assert not unknown_commands(latex), "teach concepts/latex_signs.py this command"
        text = readable(latex)
        assert not set("\\&~") & set(text), text
        assert "_{" not in text, text
        assert "^{" not in text, text
        for opening, closing in ("()", "[]", "⌊⌋", "⌈⌉"):
            assert text.count(opening) == text.count(closing), text
        assert text == text.strip()


def test_a_command_that_nobody_knows_is_told_and_leaves_its_name():
    assert unknown_commands(r"\alpha \oiint x") == ["oiint"]
    assert readable(r"\alpha \oiint x") == "α oiint x"


def test_an_unfinished_equation_is_still_text():
    for latex in (r"\frac{1}", r"x_", r"\begin{cases} x", r"\sqrt", "{", "}", r"\left"):
        assert "\\" not in readable(latex)
