"""What the README and the handbook tell people to run, run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def program(*words: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_the_first_run(tmp_path):
    told = program(str(ROOT / "examples" / "first_run.py"), folder=tmp_path)
    assert "The bundle says that" in told
    (run,) = (tmp_path / "runs").iterdir()
    assert (run / "report.html").stat().st_size > 50_000


@pytest.mark.slow
def test_a_benchmark_of_ones_own_trainer(tmp_path):
    script = str(ROOT / "benchmarks" / "step_time.py")
    wanted = ["--cases", "tiny", "--contestants", "tutorial", "glasshouse", "--rounds", "1", "--epochs", "1"]
    program(script, *wanted, "--write", "table.md", folder=tmp_path)
    table = (tmp_path / "table.md").read_text()
    assert "Glasshouse" in table


def test_the_activation_that_the_handbook_adds_fulfils_its_promises(tmp_path):
    page = (ROOT / "docs" / "guide" / "extending.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    written = [block for block in blocks if "CONCEPT = Concept(" in block and "RULE" in block]
    tried = [block for block in blocks if "check_rule(CONCEPT" in block]
    (tmp_path / "squareplus.py").write_text("\n".join([*written, *tried]), encoding="utf-8")
    assert len(written) == len(tried) == 1
    program("squareplus.py", folder=tmp_path)
