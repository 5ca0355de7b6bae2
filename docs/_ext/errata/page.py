"""The errata as Markdown. A proof that no longer holds stops the handbook."""

from __future__ import annotations

from collections.abc import Iterator

from errata.entry import Erratum, Proof, Topic


def topic(subject: Topic) -> Iterator[str]:
    """A part of the page."""
    yield from (f"## {subject.title}", "")
    for erratum in subject.entries:
        yield from entry(erratum)


def entry(erratum: Erratum) -> Iterator[str]:
    """The statement, what is so, and why."""
    proof = erratum.shows() if erratum.shows else Proof()
    broken = [truth for truth, holds in proof.truths.items() if not holds]
    if broken:
        raise ValueError(f"errata {erratum.key!r}: no longer true: {'; '.join(broken)}")

    def words(text: str) -> str:
        return erratum.written(text, proof.numbers)

    yield from (f"(errata-{erratum.key})=", f"### {erratum.title}", "")
    yield f":{SAID[erratum.verdict]}: {words(erratum.said)}"
    yield f":In fact: {words(erratum.fact)}"
    if erratum.proof:
        yield f":Proof: {words(erratum.proof)}"
    if erratum.source:
        yield f":Source: {words(erratum.source)}"
    yield ""


SAID = {
    "wrong": "Often said",
    "half true": "Half true",
    "convention": "Two habits",
    "misprint": "Misprinted",
}
