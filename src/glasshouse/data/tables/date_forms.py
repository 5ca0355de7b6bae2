"""Recognising how dates are written in text cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

_MONTH = r"[A-Za-z]{3,9}"
_DAYS = (
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",)),
    (r"\d{4}-\d{1,2}", ("%Y-%m",)),
    (r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d", ("%Y%m%d",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%m/%d/%Y", "%d/%m/%Y")),
    (r"\d{1,2}-\d{1,2}-\d{4}", ("%m-%d-%Y", "%d-%m-%Y")),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}/\d{1,2}/\d{2}", ("%m/%d/%y", "%d/%m/%y")),
    (r"\d{1,2}-\d{1,2}-\d{2}", ("%m-%d-%y", "%d-%m-%y")),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", ("%d.%m.%y",)),
    (rf"\d{{1,2}} {_MONTH} \d{{4}}", ("%d %B %Y",)),
    (rf"\d{{1,2}}-{_MONTH}-\d{{4}}", ("%d-%B-%Y",)),
    (rf"\d{{1,2}}-{_MONTH}-\d{{2}}", ("%d-%B-%y",)),
    (rf"{_MONTH} \d{{1,2}}, \d{{4}}", ("%B %d, %Y",)),
    (rf"{_MONTH} \d{{1,2}} \d{{4}}", ("%B %d %Y",)),
)
_TIMES = (
    (r"", ""),
    (r"[ T]+\d{1,2}:\d{2}", " %H:%M"),
    (r"[ T]+\d{1,2}:\d{2}:\d{2}(?:\.\d+)?", " %H:%M:%S%.f"),
    (r"[ T]+\d{1,2}:\d{2}(?:Z|[+-]\d{2}:?\d{2})", " %H:%M%#z"),
    (r"[ T]+\d{1,2}:\d{2}:\d{2}(?:\.\d+)? ?(?:Z|[+-]\d{2}:?\d{2})", " %H:%M:%S%.f%#z"),
    (r"[ T]+\d{1,2}:\d{2} ?[AaPp][Mm]", " %I:%M %p"),
    (r"[ T]+\d{1,2}:\d{2}:\d{2} ?[AaPp][Mm]", " %I:%M:%S %p"),
)
_LIKE_A_DATE = re.compile(
    r"\d{1,4}([-/.])\d{1,2}\1\d|\d{4}-\d{1,2}$|\d{8}|\d{1,2}[ -][A-Za-z]|[A-Za-z]{3,9} \d"
)
_ISO = tuple("%Y-%m-%d" + time for _, time in _TIMES[:5])
_PROBED = 20


@dataclass(frozen=True)
class DateForm:
    """How a column writes dates.

    Args:
        form: A ``strftime`` pattern for :func:`parse_dates`.
        share: The share of cells that it reads.
        note: What had to be guessed.
    """

    form: str
    share: float
    note: str = ""


def find_date_form(cells: pl.Series) -> DateForm | None:
    """The form in which most of the cells are dates, or ``None`` if the first cells already are not.

    Where a day and a month could change places, the order that gives rising dates is taken, else the month
    first, and that is noted.

    Args:
        cells: Text cells, none of them missing.
    """
    probe = [cell for cell in cells.head(_PROBED) if _LIKE_A_DATE.match(cell)]
    if not probe:
        return None
    best: DateForm | None = None
    for day, orders in _DAYS:
        for time, clock in _TIMES:
            pattern = f"^{day}{time}$"
            if not any(re.fullmatch(pattern, each) for each in probe):
                continue
            found = _choose(cells, [order + clock for order in orders])
            if best is None or found.share > best.share:
                best = found
    return best


def _choose(cells: pl.Series, forms: list[str]) -> DateForm:
    """The one of several orders of day and month that reads the most cells."""
    read = {form: parse_dates(cells, form) for form in forms}
    shares = {form: 1 - parsed.null_count() / len(cells) for form, parsed in read.items()}
    best = max(forms, key=lambda form: shares[form])
    tied = [form for form in forms if shares[form] == shares[best]]
    if len(tied) == 1 or read[tied[0]].equals(read[tied[1]]):
        return DateForm(best, shares[best])
    rising = [form for form in tied if read[form].drop_nulls().is_sorted()]
    best = rising[0] if len(rising) == 1 else best
    words = {"m": "month", "d": "day"}
    order = ", ".join(words[letter] for letter in re.findall("%([md])", best))
    note = f"dates such as {cells[0]!r} can be read in two ways: they were read as {order}, year"
    return DateForm(best, shares[best], note)


def parse_dates(cells: pl.Series, form: str) -> pl.Series:
    """Text cells as moments, null where the form does not fit. Time zones are brought to UTC.

    A ``T`` between day and time counts as a space.
    """
    text = cells.str.replace(r"(\d)T(\d)", "$1 $2")
    if "%#z" in form:
        text = text.str.replace(r" ([Z+-])", "$1")
    elif "%p" in form:
        text = text.str.replace(r"(\d)([AaPp][Mm])$", "$1 $2")
    moments = text.str.to_datetime(form, strict=False, time_unit="us")
    if moments.dtype == pl.Datetime("us", "UTC"):
        moments = moments.dt.replace_time_zone(None)
    return moments


def parse_iso(cells: pl.Series) -> pl.Series:
    """Text cells as moments where they are ISO dates of any length."""
    moments = pl.Series(cells.name, [None] * len(cells), pl.Datetime("us"))
    for form in _ISO:
        moments = moments.fill_null(parse_dates(cells, form)) if moments.null_count() else moments
    return moments
