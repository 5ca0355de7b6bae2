"""The data sets that have a name: ``glasshouse run digits``, ``glasshouse run fashion-mnist`` ..."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from glasshouse.core.concept import Catalogue, Concept
from glasshouse.core.errors import UsageError
from glasshouse.data.settings import DataSettings

if TYPE_CHECKING:  # polars takes half a second to import, and listing the names needs none of it
    from glasshouse.data.raw import Raw

    Reader = Callable[[DataSettings], Raw]


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


# The readers import late: scikit-learn takes seconds, and `glasshouse list` needs only the names.


def _scikit_table(name: str) -> Reader:
    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.scikit_sets import scikit_frame

        frame, target = scikit_frame(name)
        return _table(name, frame, target, settings)

    return read


def _toy(name: str) -> Reader:
    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.toys import toy_frame

        return _table(name, toy_frame(name), "class", settings)

    return read


def _table(name: str, frame: object, target: str, settings: DataSettings) -> Raw:
    from glasshouse.data.tables.read_table import table_from_frame

    if settings.target is None:
        known = BUILTIN[name].facts["task"]
        task = known if settings.task in ("auto", "reconstruction") else settings.task
        settings = settings.replace(target=target, task=task)
    return replace(table_from_frame(frame, settings), origin=name)


def _digits(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.scikit_sets import scikit_digits

    return scikit_digits(settings)


def _function(name: str) -> Reader:
    """Sets that are made by the function of that name in the module of that name."""

    def read(settings: DataSettings) -> Raw:
        raw: Raw = getattr(import_module(f"glasshouse.data.builtin.{name}"), name)(settings)
        return raw

    return read


def _adding(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.sequences import adding

    return adding(settings)


def _copy_memory(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.sequences import copy_memory

    return copy_memory(settings)


def _captioned_shapes(_settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.captioned_shapes import captioned_shapes

    return captioned_shapes()


def _pendulum_strokes(_settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.pendulum_strokes import pendulum_strokes

    return pendulum_strokes()


def _nab(name: str) -> Reader:
    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.nab import nab_series

        return nab_series(name, settings)

    return read


def _nab_entry(name: str, summary: str, rows: int) -> Concept:
    return _entry(
        name,
        summary,
        _nab(name),
        kind="series",
        rows=rows,
        task="reconstruction",
        needs="the folder nab below GLASSHOUSE_DATA",
        source="A. Lavin, S. Ahmad: the Numenta anomaly benchmark (2015)",
    )


def _odd_days(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.odd_days import odd_days

    return odd_days(settings)


def _sentences(name: str, make: str, target: str) -> Reader:
    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin import sentences

        return _table(name, getattr(sentences, make)(), target, settings)

    return read


def _tales(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.sentences import tales
    from glasshouse.data.text.language import WINDOW, in_pieces

    return in_pieces(tales(), "tales", settings.window or WINDOW)


def _records(name: str, target: str) -> Reader:
    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin import records

        return _table(name, getattr(records, name)(), target, settings)

    return read


def _seasons(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.records import seasons

    time = settings.time if settings.time is not None else "month"
    return _table("seasons", seasons(), "level", settings.replace(time=time))


def _cadences(_settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.cadences import cadences

    return cadences()


def _chorales(_settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.chorales import chorales

    return chorales()


def _shapes(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.shapes import shapes

    return shapes(settings)


def _scenes(settings: DataSettings) -> Raw:
    from glasshouse.data.builtin.scenes import scenes

    return scenes(settings)


def _published(name: str) -> Reader:
    def read(settings: DataSettings) -> Raw:
        from glasshouse.data.builtin.published_sets import read_published

        return read_published(name, settings)

    return read


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


def _toy_entry(name: str, summary: str, rows: int = 1000) -> Concept:
    return _entry(name, summary, _toy(name), kind="table", rows=rows, source="made from a fixed seed")


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
            _digits,
            kind="images",
            rows=1797,
            source="E. Alpaydin, C. Kaynak (1998), UCI; part of scikit-learn",
        ),
        _entry(
            "iris",
            "Three species of iris by four lengths of their flowers",
            _scikit_table("iris"),
            kind="table",
            rows=150,
            source="R. A. Fisher (1936); part of scikit-learn",
        ),
        _entry(
            "wine",
            "Three cultivars of wine by thirteen chemical measurements",
            _scikit_table("wine"),
            kind="table",
            rows=178,
            source="M. Forina et al. (1988), UCI; part of scikit-learn",
        ),
        _entry(
            "breast_cancer",
            "Malignant and benign tumours by thirty measurements of cell nuclei",
            _scikit_table("breast_cancer"),
            kind="table",
            rows=569,
            source="W. Wolberg, W. Street, O. Mangasarian (1995), UCI; part of scikit-learn",
        ),
        _entry(
            "diabetes",
            "Progress of diabetes after a year, by ten measurements",
            _scikit_table("diabetes"),
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
            _function("faces"),
            kind="images",
            rows=2000,
            task="verification",
            source="drawn from a fixed seed; nobody is shown",
        ),
        _entry(
            "sounds",
            "Tones, glides, noises and vowels of half a second, made by formulas; nobody spoke",
            _function("sounds"),
            kind="sounds",
            rows=1100,
            source="made from a fixed seed; formants of G. Peterson, H. Barney (1952)",
        ),
        _entry(
            "motions",
            "Shapes that move up, down, left or right: no single frame tells which",
            _function("motions"),
            kind="videos",
            rows=1200,
            source="made from a fixed seed",
            aliases=("moving_shapes",),
        ),
        _entry(
            "adding",
            "Sequences of 100 numbers of which two are marked: what is their sum?",
            _adding,
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
            _sentences("opinions", "opinions", "opinion"),
            kind="text",
        ),
        _made(
            "numbers",
            "Numbers in words, and in digits",
            3000,
            _sentences("numbers", "number_words", "digits"),
            kind="text",
            task="translation",
        ),
        _made(
            "notices",
            "Reports of meetings, and the gist of each",
            3000,
            _sentences("notices", "notices", "gist"),
            kind="text",
            task="translation",
        ),
        _made(
            "tales",
            "A text about animals, whose entropy is known",
            1250,
            _tales,
            kind="text",
            task="language",
        ),
        _made(
            "ratings",
            "What people of some tastes think of films of some kinds",
            2400,
            _records("ratings", "rating"),
            kind="table",
            task="regression",
        ),
        _made(
            "payments",
            "Card payments, of which one in forty is fraud",
            8000,
            _records("payments", "fraud"),
            kind="table",
        ),
        _made(
            "seasons",
            "Forty years of months with a trend, a season and chance that lingers",
            480,
            _seasons,
            kind="series",
            task="forecast",
        ),
        _made(
            "cadences",
            "Pieces of four voices, chord after chord, in twelve keys",
            160,
            _cadences,
            kind="music",
            task="frames",
        ),
        _entry(
            "copy-memory",
            "Ten symbols, a wait of 30 steps, and then: which ones were they?",
            _copy_memory,
            kind="sequences",
            rows=10_000,
            task="tagging",
            source="made from a fixed seed; S. Hochreiter, J. Schmidhuber (1997)",
            aliases=("copy_memory", "copying"),
        ),
        _entry(
            "captioned-shapes",
            "Pictures of coloured shapes, with a sentence about each, 32 x 32 pixels",
            _captioned_shapes,
            kind="images",
            rows=4000,
            task="captioning",
            source="made from a fixed seed, in place of large sets of captioned photographs",
        ),
        _entry(
            "pendulum-strokes",
            "Loops, waves, eights and knots that a pen on two pendulums draws, three in a row",
            _pendulum_strokes,
            kind="strokes",
            rows=2000,
            task="strokes",
            source="made from a fixed seed, in place of people's handwriting",
        ),
        _entry(
            "odd-days",
            "A daily rhythm by the hour, with twelve days that go otherwise",
            _odd_days,
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
            _shapes,
            kind="images",
            rows=2000,
            task="segmentation",
            source="made from a fixed seed",
        ),
        _entry(
            "scenes",
            "Painted landscapes in colour, 32 x 32 pixels, to be made of grey, small or noisy copies",
            _scenes,
            kind="images",
            rows=2000,
            task="image_to_image",
            source="made from a fixed seed",
        ),
        _entry(
            "chorales",
            "Bach's chorales, at every step the keys of a piano that sound",
            _chorales,
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
            _published("fashion-mnist"),
            kind="images",
            rows=70000,
            needs=_DOWNLOAD.format(31),
            source="H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST (2017)",
            aliases=("fashionmnist",),
        ),
        _entry(
            "mnist",
            "Handwritten digits, grey, 28 x 28 pixels",
            _published("mnist"),
            kind="images",
            rows=70000,
            needs=_DOWNLOAD.format(12),
            source="Y. LeCun, C. Cortes, C. Burges (1998)",
        ),
        _entry(
            "cifar10",
            "Photographs in ten classes, colour, 32 x 32 pixels",
            _published("cifar10"),
            kind="images",
            rows=60000,
            needs=_DOWNLOAD.format(170),
            source="A. Krizhevsky: Learning multiple layers of features from tiny images (2009)",
            aliases=("cifar-10",),
        ),
        _entry(
            "cifar100",
            "Photographs in a hundred classes, colour, 32 x 32 pixels",
            _published("cifar100"),
            kind="images",
            rows=60000,
            needs=_DOWNLOAD.format(169),
            source="A. Krizhevsky: Learning multiple layers of features from tiny images (2009)",
            aliases=("cifar-100",),
        ),
    ],
)
"""Every built-in data set; ``facts`` holds its kind, task, rows, and what it needs that is not installed."""
