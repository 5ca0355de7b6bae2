"""Our rules on the node test cases of the ONNX project, an oracle that knows nothing of PyTorch or of us.

Every case of an operation that is a concept of ours either gives the expected numbers or is left out for a
reason that stands here.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import onnx
import pytest
import torch

from tests.parity.onnx_nodes import activations, layers, losses, maps, sequences, updates, windows
from tests.parity.onnx_nodes.node_case import LeftOut, NodeCase, node_cases

KINDS = (activations, layers, losses, maps, sequences, updates, windows)
ANSWERS = {operation: answer for kind in KINDS for operation, answer in kind.ANSWERS.items()}
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "proof.md"


@cache
def tried(operation: str) -> tuple[list[NodeCase], list[tuple[str, str]]]:
    """The cases that are answered rightly, and those that are left out with the reason. Others fail."""
    right, left_out = [], []
    for case in node_cases(operation):
        try:
            received = ANSWERS[operation](case)
        except LeftOut as reason:
            left_out.append((case.name, str(reason)))
            continue
        wanted = [value for name, value in zip(case.outputs, received, strict=False) if name]
        assert len(wanted) == len(case.expected), f"{case.name}: {len(wanted)} outputs"
        for mine, expected in zip(wanted, case.expected, strict=True):
            assert mine.shape == expected.shape, f"{case.name}: {mine.shape} for {expected.shape}"
            bounds = {"rtol": case.relative, "atol": case.absolute, "equal_nan": True}
            torch.testing.assert_close(mine.double(), expected.double(), **bounds, msg=case.name)
        right.append(case)
    return right, left_out


@pytest.mark.parametrize("operation", sorted(ANSWERS))
def test_rules_give_the_numbers_of_onnx(operation):
    right, left_out = tried(operation)
    assert right, f"no case of {operation} is answered: {left_out}"


def table() -> str:
    """What is answered and what is left out, as the page of the handbook has it."""
    lines = ["| operation | answered | left out | why |", "|---|--:|--:|---|"]
    answered = passed_over = 0
    for operation in sorted(ANSWERS):
        right, left_out = tried(operation)
        answered, passed_over = answered + len(right), passed_over + len(left_out)
        why = "; ".join(f"{reason} ({count})" for reason, count in Counter(r for _, r in left_out).items())
        lines.append(f"| {operation} | {len(right)} | {len(left_out)} | {why} |")
    lines.append(f"| **all** | **{answered}** | **{passed_over}** | |")
    return "\n".join(lines)


def test_the_page_of_the_handbook_says_how_many():
    told = PAGE.read_text(encoding="utf-8")
    version = re.search(r"onnx (\d+\.\d+\.\d+)", told)
    assert version, "the page names no version"
    if onnx.__version__ != version[1]:
        pytest.skip(f"the page counts the cases of onnx {version[1]}; {onnx.__version__} is installed")
    assert table() in told, f"the table of {PAGE.name} should be:\n{table()}"
