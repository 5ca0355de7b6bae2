"""The entries from their texts (``texts/*.toml``), each with the function that proves it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import ModuleType

from errata.entry import Erratum, Topic

TEXTS = Path(__file__).parent / "texts"


def read(proofs: ModuleType) -> Topic:
    """The topic of a module of proofs: the text file of the same name."""
    name = proofs.__name__.rpartition(".")[2]
    with (TEXTS / f"{name}.toml").open("rb") as file:
        table = tomllib.load(file)
    entries = []
    for fields in table["entry"]:
        shows = fields.pop("shows", None)
        words = {key: " ".join(text.split()) for key, text in fields.items()}
        entries.append(Erratum(**words, shows=getattr(proofs, shows) if shows else None))
    return Topic(table["title"], tuple(entries))
