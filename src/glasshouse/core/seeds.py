"""Independent streams of random numbers from one seed.

Every place that needs chance draws from a stream of its own, named after its purpose and its position:
``numpy_stream(seed, "split")``, ``derive(seed, "shuffle", epoch)``. So adding one user of chance does not
move the others, and a stream can be opened again in the middle of a run without replaying its past.
"""

from __future__ import annotations

import hashlib

import numpy as np


def derive(seed: int, *path: str | int) -> int:
    """A 63-bit seed for the stream that ``path`` names: BLAKE2b of the seed and the path.

    Args:
        seed: The seed of the experiment, any whole number.
        path: Names and numbers that say what the stream is for.

    Example:
        >>> derive(0, "shuffle", 1) == derive(0, "shuffle", 1)
        True
        >>> derive(0, "shuffle", 1) == derive(0, "shuffle", 2)
        False
    """
    text = "/".join(f"{type(part).__name__}:{part}" for part in (seed, *path))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def numpy_stream(seed: int, *path: str | int) -> np.random.Generator:
    """A NumPy generator for the stream that ``path`` names.

    Example:
        >>> float(numpy_stream(0, "split").random()) == float(numpy_stream(0, "split").random())
        True
    """
    return np.random.default_rng(derive(seed, *path))
