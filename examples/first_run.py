"""The main job on built-in data, from the exploration to a prediction by the shipped bundle.

Run it with ``make run``, or ``python examples/first_run.py``. It fails when the network is worse than it
should be.
"""

from __future__ import annotations

import time
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits

import glasshouse as gh

began = time.perf_counter()
run = gh.run("digits", tell=print)
accuracy = run.metrics["test"]["accuracy"]
assert accuracy >= 0.97, f"test accuracy {accuracy:.4f} is below 0.97"

# One picture, the way it would come later: as a file.
picture = Path(run.path) / "a-digit.png"
digits = load_digits()
Image.fromarray((digits.images[42] * 255 / 16).astype("uint8")).save(picture)
answer = gh.load(run.bundle).predict(picture)
print(f"\nThe bundle says that {picture} is a {answer.labels[0]} ({answer.probabilities.max():.1%} sure).")
assert answer.labels[0] == str(digits.target[42])

print(f"""
accuracy  {accuracy:.4f} on test pictures that the network never saw
report    {run.report}
bundle    {run.bundle}
run       {run.path}

{time.perf_counter() - began:.0f} seconds. Open the report in a browser, or ask again:
glasshouse predict {run.bundle} PICTURE""")
