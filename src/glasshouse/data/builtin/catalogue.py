"""The data sets that have a name: ``glasshouse run digits``, ``glasshouse run fashion-mnist`` ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshouse.core.concept import Catalogue, Concept
from glasshouse.core.errors import UsageError
from glasshouse.data.builtin.readers import (
    late,
    late_table,
    mackey_glass,
    nab,
    published,
    scikit_table,
    seasons,
    tales,
    toy,
)
from glasshouse.data.settings import DataSettings

if TYPE_CHECKING:  # polars takes half a second to import, and listing the names needs none of it
    from glasshouse.data.builtin.readers import Reader
    from glasshouse.data.raw import Raw


def load_builtin(name: str, settings: DataSettings) -> Raw:
    """Load the data set of that name.

    Raises:
        UnknownNameError: There is none; the nearest names are suggested.
        UsageError: A test file is named, which cannot belong to a built-in set.
        DataError: A published set is neither on this machine nor to be downloaded.
    """
    concept = BUILTIN.find(name)
    if settings.test is not None:
        raise UsageError(
            f"data.test = {settings.test!r} beside the built-in data {concept.name!r}",
            expected="a test file only beside a file or folder of one's own",
            fix="leave the test file out: a test part comes with the set or is drawn from it",
        )
    raw: Raw = concept.build(settings)
    return raw


def _entry(
    name: str,
    summary: str,
    build: Reader,
    *,
    kind: str,
    rows: int,
    source: str,
    needs: str = "",
    task: str = "classification",
    aliases: tuple[str, ...] = (),
) -> Concept:
    facts = {"kind": kind, "task": task, "rows": rows, "needs": needs}
    return Concept(name, "data", summary, build, aliases=aliases, source=source, facts=facts)


def _nab_entry(name: str, summary: str, rows: int) -> Concept:
    return _entry(
        name,
        summary,
        nab(name),
        kind="series",
        rows=rows,
        task="reconstruction",
        needs="the folder nab below GLASSHOUSE_DATA",
        source="A. Lavin, S. Ahmad: the Numenta anomaly benchmark (2015)",
    )


def _toy_entry(name: str, summary: str, rows: int = 1000) -> Concept:
    return _entry(name, summary, toy(name), kind="table", rows=rows, source="made from a fixed seed")


def _made(
    name: str, summary: str, rows: int, build: Reader, *, kind: str, task: str = "classification"
) -> Concept:
    return _entry(name, summary, build, kind=kind, rows=rows, task=task, source="made from a fixed seed")


_DOWNLOAD = "its files below GLASSHOUSE_DATA, or a download of {} MB"

BUILTIN = Catalogue(
    "data",
    [
        _entry(
            "digits",
            "Handwritten digits, grey, 8 x 8 pixels",
            late("scikit_sets.scikit_digits"),
            kind="images",
            rows=1797,
            source="E. Alpaydin, C. Kaynak (1998), UCI; part of scikit-learn",
        ),
        _entry(
            "iris",
            "Three species of iris by four lengths of their flowers",
            scikit_table("iris"),
            kind="table",
            rows=150,
            source="R. A. Fisher (1936); part of scikit-learn",
        ),
        _entry(
            "wine",
            "Three cultivars of wine by thirteen chemical measurements",
            scikit_table("wine"),
            kind="table",
            rows=178,
            source="M. Forina et al. (1988), UCI; part of scikit-learn",
        ),
        _entry(
            "breast_cancer",
            "Malignant and benign tumours by thirty measurements of cell nuclei",
            scikit_table("breast_cancer"),
            kind="table",
            rows=569,
            source="W. Wolberg, W. Street, O. Mangasarian (1995), UCI; part of scikit-learn",
        ),
        _entry(
            "diabetes",
            "Progress of diabetes after a year, by ten measurements",
            scikit_table("diabetes", "regression"),
            kind="table",
            rows=442,
            task="regression",
            source="B. Efron, T. Hastie, I. Johnstone, R. Tibshirani (2004); part of scikit-learn",
        ),
        _toy_entry("moons", "Two half circles that reach into each other"),
        _toy_entry("circles", "A ring around a ring"),
        _toy_entry("blobs", "Three round clouds"),
        _toy_entry("spirals", "Two arms wound around each other"),
        _toy_entry("xor", "A square whose class says whether both coordinates have the same sign"),
        _toy_entry("ring", "Eight narrow clouds on a circle, for generators to find", rows=4000),
        _toy_entry("grid", "Twenty-five narrow clouds on a grid, for generators to find", rows=10000),
        _entry(
            "faces",
            "Drawn faces of a hundred identities, grey, 32 x 32 pixels: do two show the same one?",
            late("faces.faces"),
            kind="images",
            rows=2000,
            task="verification",
            source="drawn from a fixed seed; nobody is shown",
        ),
        _entry(
            "sounds",
            "Tones, glides, noises and vowels of half a second, made by formulas; nobody spoke",
            late("sounds.sounds"),
            kind="sounds",
            rows=1100,
            source="made from a fixed seed; formants of G. Peterson, H. Barney (1952)",
        ),
        _entry(
            "motions",
            "Shapes that move up, down, left or right: no single frame tells which",
            late("motions.motions"),
            kind="videos",
            rows=1200,
            source="made from a fixed seed",
            aliases=("moving_shapes",),
        ),
        _entry(
            "adding",
            "Sequences of 100 numbers of which two are marked: what is their sum?",
            late("sequences.adding"),
            kind="series",
            rows=10_000,
            task="regression",
            source="made from a fixed seed; S. Hochreiter, J. Schmidhuber (1997)",
            aliases=("adding_problem",),
        ),
        _made(
            "opinions",
            "Praise and blame, in which a negation turns the word behind it",
            3000,
            late_table("opinions", "sentences.opinions", "opinion"),
            kind="text",
        ),
        _made(
            "numbers",
            "Numbers in words, and in digits",
            3000,
            late_table("numbers", "sentences.number_words", "digits", "translation"),
            kind="text",
            task="translation",
        ),
        _made(
            "notices",
            "Reports of meetings, and the gist of each",
            3000,
            late_table("notices", "sentences.notices", "gist", "translation"),
            kind="text",
            task="translation",
        ),
        _made(
            "tales",
            "A text about animals, whose entropy is known",
            1250,
            tales,
            kind="text",
            task="language",
        ),
        _made(
            "ratings",
            "What people of some tastes think of films of some kinds",
            2400,
            late_table("ratings", "records.ratings", "rating", "regression"),
            kind="table",
            task="regression",
        ),
        _made(
            "payments",
            "Card payments, of which one in forty is fraud",
            40_000,
            late_table("payments", "records.payments", "fraud"),
            kind="table",
        ),
        _made(
            "mackey-glass",
            "A chaotic series, which no linear model foretells well",
            1500,
            mackey_glass,
            kind="series",
            task="forecast",
        ),
        _made(
            "seasons",
            "Forty years of months with a trend, a season and chance that lingers",
            480,
            seasons,
            kind="series",
            task="forecast",
        ),
        _made(
            "cadences",
            "Pieces of four voices, chord after chord, in twelve keys",
            160,
            late("cadences.cadences", settled=False),
            kind="music",
            task="frames",
        ),
        _entry(
            "copy-memory",
            "Ten symbols, a wait of 30 steps, and then: which ones were they?",
            late("sequences.copy_memory"),
            kind="sequences",
            rows=10_000,
            task="tagging",
            source="made from a fixed seed; S. Hochreiter, J. Schmidhuber (1997)",
            aliases=("copy_memory", "copying"),
        ),
        _entry(
            "captioned-shapes",
            "Pictures of coloured shapes, with a sentence about each, 32 x 32 pixels",
            late("captioned_shapes.captioned_shapes", settled=False),
            kind="images",
            rows=4000,
            task="captioning",
            source="made from a fixed seed, in place of large sets of captioned photographs",
        ),
        _entry(
            "pendulum-strokes",
            "Loops, waves, eights and knots that a pen on two pendulums draws, three in a row",
            late("pendulum_strokes.pendulum_strokes", settled=False),
            kind="strokes",
            rows=2000,
            task="strokes",
            source="made from a fixed seed, in place of people's handwriting",
        ),
        _entry(
            "odd-days",
            "A daily rhythm by the hour, with twelve days that go otherwise",
            late("odd_days.odd_days"),
            kind="series",
            rows=5760,
            task="reconstruction",
            source="made from a fixed seed",
        ),
        _nab_entry(
            "nab-nyc-taxi", "Passengers of New York's taxis every half hour, with 5 unusual times", 10320
        ),
        _nab_entry("nab-machine-temperature", "A sensor in a machine that fails in the end", 22695),
        _nab_entry("nab-ambient-temperature", "The temperature of an office, hour by hour", 7267),
        _nab_entry("nab-cpu", "How busy a group of servers is, set up wrongly in the end", 18050),
        _nab_entry("nab-latency", "How long requests to a server take, before it fails", 4032),
        _entry(
            "shapes",
            "Circles, squares and triangles in colour, 32 x 32 pixels, with masks or boxes",
            late("shapes.shapes"),
            kind="images",
            rows=2000,
            task="segmentation",
            source="made from a fixed seed",
        ),
        _entry(
            "scenes",
            "Painted landscapes in colour, 32 x 32 pixels, to be made of grey, small or noisy copies",
            late("scenes.scenes"),
            kind="images",
            rows=2000,
            task="image_to_image",
            source="made from a fixed seed",
        ),
        _entry(
            "chorales",
            "Bach's chorales, at every step the keys of a piano that sound",
            late("chorales.chorales", settled=False),
            kind="music",
            rows=382,
            needs="JSB_Chorales.mat below GLASSHOUSE_DATA",
            task="frames",
            source="N. Boulanger-Lewandowski, Y. Bengio, P. Vincent (2012)",
            aliases=("jsb_chorales",),
        ),
        _entry(
            "fashion-mnist",
            "Pieces of clothing in ten classes, grey, 28 x 28 pixels",
            published("fashion-mnist"),
            kind="images",
            rows=70000,
            needs=_DOWNLOAD.format(31),
            source="H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST (2017)",
            aliases=("fashionmnist",),
        ),
        _entry(
            "mnist",
            "Handwritten digits, grey, 28 x 28 pixels",
            published("mnist"),
            kind="images",
            rows=70000,
            needs=_DOWNLOAD.format(12),
            source="Y. LeCun, C. Cortes, C. Burges (1998)",
        ),
        _entry(
            "cifar10",
            "Photographs in ten classes, colour, 32 x 32 pixels",
            published("cifar10"),
            kind="images",
            rows=60000,
            needs=_DOWNLOAD.format(170),
            source="A. Krizhevsky: Learning multiple layers of features from tiny images (2009)",
            aliases=("cifar-10",),
        ),
        _entry(
            "cifar100",
            "Photographs in a hundred classes, colour, 32 x 32 pixels",
            published("cifar100"),
            kind="images",
            rows=60000,
            needs=_DOWNLOAD.format(169),
            source="A. Krizhevsky: Learning multiple layers of features from tiny images (2009)",
            aliases=("cifar-100",),
        ),
    ],
)
"""Every built-in data set; ``facts`` holds its kind, task, rows, and what it needs that is not installed."""
