"""From what a user names to data as it was read: the one place that knows all kinds of sources."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from glasshouse.core.errors import DataError, SettingError, UsageError
from glasshouse.core.names import normalise, suggestions
from glasshouse.data.builtin.catalogue import BUILTIN, load_builtin
from glasshouse.data.images.captioned import captioned_pictures
from glasshouse.data.images.cifar import CifarLayout, cifar_layout, read_cifar
from glasshouse.data.images.degrade import degraded
from glasshouse.data.images.file import is_image_name
from glasshouse.data.images.folder import read_image_folder
from glasshouse.data.images.idx import is_idx
from glasshouse.data.images.idx_images import idx_image_files, read_idx_images
from glasshouse.data.images.picture_pairs import holds_pairs, read_pairs
from glasshouse.data.images.tree import holds_images
from glasshouse.data.raw import Raw, RawClips, RawImages
from glasshouse.data.settings import PICTURE_TASKS, DataSettings
from glasshouse.data.sound.wav_folder import read_wav_folder, wavs_below
from glasshouse.data.splits.subsample import at_most
from glasshouse.data.tables.read_table import read_table, read_text_folder, table_from_frame
from glasshouse.data.text.language import read_language
from glasshouse.data.video.frames_folder import holds_videos, read_video_folder

_TABLES = frozenset({".csv", ".tsv", ".parquet", ".arff"})

_NOT_READ = {
    ".zip": "unpack it first",
    ".tar": "unpack it first",
    ".tgz": "unpack it first",
    ".7z": "unpack it first",
    ".rar": "unpack it first",
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".ods": "save the sheet as CSV",
    ".json": "save the rows as CSV or Parquet",
    ".h5": "save the rows as CSV or Parquet, or the images as PNG files in a folder per class",
    ".npy": "load the array in Python and hand it to glasshouse.fit",
    ".npz": "load the arrays in Python and hand them to glasshouse.fit",
    ".pkl": "save the rows as CSV or Parquet: opening a pickle can run anything",
    ".pickle": "save the rows as CSV or Parquet: opening a pickle can run anything",
    ".wav": "give the folder that holds one folder of WAV files per class",
    ".mp3": "convert the sounds to WAV files, in one folder per class: ffmpeg -i SOUND.mp3 SOUND.wav",
    ".ogg": "convert the sounds to WAV files, in one folder per class: ffmpeg -i SOUND.ogg SOUND.wav",
    ".flac": "convert the sounds to WAV files, in one folder per class: ffmpeg -i SOUND.flac SOUND.wav",
    ".toml": "an experiment file is no data: glasshouse run EXPERIMENT.toml",
}


def load(settings: DataSettings, frame: object | None = None) -> Raw:
    """Read the data that the settings name, typed but not yet divided or prepared.

    A built-in name wins over a file or folder of the same bare name; ``./name`` means the file.

    Args:
        settings: Where the data is and what it means.
        frame: Rows that are in memory already, to be read in place of ``settings.source``: a polars or pandas
            frame, a dict of lists, a list of dicts or a 2-D array.

    Raises:
        DataError: The data is missing, damaged, or not of a kind that can be read.
        UsageError: Several things could be meant, or a setting does not fit the kind of data.

    Example:
        >>> from glasshouse.data import load
        >>> from glasshouse.data.settings import PICTURE_TASKS, DataSettings
        >>> digits = load(DataSettings(source="digits"))
        >>> digits.pixels.shape
        (1797, 1, 8, 8)
    """
    try:
        raw = table_from_frame(frame, settings) if frame is not None else _read(settings)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(
            f"{error.filename or settings.source} cannot be read: {reason}",
            expected="files and folders that this user may read",
            fix="check the path and its permissions",
        ) from error
    if raw.kind != "table":
        _refuse_table_settings(raw, settings)
    if settings.task in PICTURE_TASKS:
        raw = _with_picture_targets(raw, settings)
    return at_most(raw, settings.most_rows)


def _read(settings: DataSettings) -> Raw:
    source = settings.source
    if not source.strip():
        raise UsageError(
            "the name of the data is empty",
            expected="a file, a folder, or a built-in name",
            fix="say which data to read, for example digits",
        )
    path = Path(source).expanduser()
    if _is_builtin(source):
        raw = load_builtin(source, settings)
        if path.exists():
            note = f"the built-in data {source!r} was taken; for the one in this folder write ./{source}"
            raw = replace(raw, notes=(*raw.notes, note))
        return raw
    if path.is_dir():
        return _read_folder(path, settings)
    if path.exists():
        return _read_file(path, settings)
    raise _missing(source, path)


def _with_picture_targets(raw: Raw, settings: DataSettings) -> Raw:
    """Pictures with masks, pictures or boxes as targets: those that they have, or made of them."""
    if raw.target is not None and raw.target.task == settings.task:
        return raw
    if raw.kind == "images" and settings.task == "image_to_image":
        return degraded(raw, settings.degrade)
    raise UsageError(
        f"data.task = {settings.task!r} for {raw.origin}",
        expected="a folder with inputs and targets, or the built-in shapes",
        fix="put pictures into inputs/ and what is to be learnt of each into targets/, under the same name",
    )


def _refuse_table_settings(raw: RawImages | RawClips, settings: DataSettings) -> None:
    """A setting that could do nothing is a misunderstanding, which is better told than passed over."""
    named = raw.target.name if raw.target is not None else None
    captioned = isinstance(raw, RawImages) and raw.captions is not None
    asked = {
        "data.target": settings.target if not captioned and settings.target != named else None,
        "data.task": settings.task if settings.task == "regression" else None,
        "data.group": settings.group,
        "data.time": settings.time,
        "data.window": settings.window or None,
    }
    for key, value in asked.items():
        if value is not None:
            raise SettingError(
                f"{key} = {value!r} for {raw.kind}",
                expected=f"{raw.kind} with their classes, which have no columns",
                fix=f"leave {key} out",
            )


def _read_cifar(source: Path, layout: CifarLayout, settings: DataSettings) -> Raw:
    if settings.test is not None:
        raise SettingError(
            f"data.test = {settings.test!r} beside CIFAR files",
            expected="no test file: CIFAR comes with its test part",
            fix="leave data.test out",
        )
    return read_cifar(source, layout, settings)


def _is_builtin(source: str) -> bool:
    if os.sep in source or "/" in source or Path(source).suffix:
        return False
    known = {normalise(each) for concept in BUILTIN.values() for each in (concept.name, *concept.aliases)}
    return normalise(source) in known


def _read_folder(folder: Path, settings: DataSettings) -> Raw:
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    layout = cifar_layout(folder)
    if layout is not None:
        return _read_cifar(folder, layout, settings)
    if idx_image_files(folder):
        return read_idx_images(folder, settings)
    if holds_pairs(folder):
        return read_pairs(folder, settings)
    inner = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    if holds_videos(folder):
        return read_video_folder(folder, settings)
    if any(holds_images(each) for each in inner):
        return read_image_folder(folder, settings)
    if any(wavs_below(each) for each in inner):
        return read_wav_folder(folder, settings)
    texts_inside = any(next(each.rglob("*.txt"), None) for each in inner)
    if texts_inside or any(path.suffix.lower() == ".txt" for path in files):
        return read_text_folder(settings)
    tables = [path.name for path in files if path.suffix.lower() in _TABLES]
    if tables:
        raise UsageError(
            f"{folder} is a folder of tables: {', '.join(tables[:5])}",
            expected="one table, and for a separate test file data.test",
            fix=f"name the file: {folder / tables[0]}",
        )
    if any(is_image_name(path) for path in files):
        return read_image_folder(folder, settings)  # which explains that classes need folders
    raise DataError(
        f"{folder} holds nothing that can be read",
        expected="a folder of images or WAV files per class, a text file per class, or IDX or CIFAR files",
        fix="check the path",
    )


def _read_file(path: Path, settings: DataSettings) -> Raw:
    layout = cifar_layout(path)
    if layout is not None:
        return _read_cifar(path, layout, settings)
    suffix = path.suffix.lower()
    if suffix not in _TABLES and is_idx(path):
        return read_idx_images(path, settings)
    if is_image_name(path):
        raise DataError(
            f"{path} is one image",
            expected="a folder with one folder of images per class",
            fix="give the folder; to predict one image: glasshouse predict BUNDLE IMAGE",
        )
    if suffix in _NOT_READ:
        raise DataError(
            f"{path} is a {suffix} file",
            expected="a table (.csv, .tsv, .parquet, .arff, .txt), IDX files, or a folder of images or texts",
            fix=_NOT_READ[suffix],
        )
    if settings.task == "language":
        return read_language(settings)
    if settings.task == "captioning":
        pictures = captioned_pictures(settings)
        if pictures is not None:
            return pictures
    return read_table(settings)


def _missing(source: str, path: Path) -> DataError:
    """The error for a source that is nowhere, with the names that look like it."""
    names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    near = [str(path.parent / name) for name in suggestions(path.name, names, most=2)]
    bare = os.sep not in source and not path.suffix
    if bare:
        near += [name for name in suggestions(source, BUILTIN, most=2) if name not in near]
    known = ", ".join(BUILTIN)
    if not path.parent.is_dir():
        fix = f"check the path: the folder {path.parent} does not exist either"
    elif near:
        fix = f"did you mean {' or '.join(repr(name) for name in near)}?"
    else:
        fix = "check the path; `glasshouse list data` shows the built-in data"
    return DataError(
        f"there is no file or folder {source!r}" + (", and no built-in data of that name" if bare else ""),
        expected=f"a file, a folder, or one of {known}" if bare else "a file or folder that exists",
        fix=fix,
    )
