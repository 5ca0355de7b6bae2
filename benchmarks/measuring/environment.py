"""What the peers are told before they are imported."""

from __future__ import annotations

from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """Variables that keep the peers quiet, off the network and out of the home directory.

    Args:
        folder: Where they may write.
    """
    return {
        "KERAS_BACKEND": "torch",
        "KERAS_HOME": str(folder / "home"),
        "HF_HOME": str(folder / "home"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "JAX_PLATFORMS": "cpu",
        "XDG_CACHE_HOME": str(folder / "home"),
        "MPLCONFIGDIR": str(folder / "home"),
        "PYTHONWARNINGS": "ignore",
    }
