"""``python -m glasshouse`` is ``glasshouse``."""

from __future__ import annotations

from glasshouse.cli import main

if __name__ == "__main__":
    main()
