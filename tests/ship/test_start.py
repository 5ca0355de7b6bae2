"""Predicting with ONNX starts without PyTorch and scikit-learn, and with PyTorch without scikit-learn."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import sys
from glasshouse.ship import load, save
save(load({path!r}, backend={backend!r}).predict({rows!r}), {out!r})
print(*(name for name in ("torch", "sklearn", "scipy", "onnx", "matplotlib") if name in sys.modules))
"""


@pytest.mark.parametrize(("backend", "imported"), [("auto", ""), ("torch", "torch")])
def test_only_what_the_backend_needs_is_imported(classifier, people, tmp_path, backend, imported):
    rows, out = str(tmp_path / "rows.csv"), str(tmp_path / "answers.csv")
    people.frame.head(3).write_csv(rows)
    code = CODE.format(path=str(classifier), backend=backend, rows=rows, out=out)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == imported
