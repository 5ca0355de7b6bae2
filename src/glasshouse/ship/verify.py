"""Making sure that a folder is a bundle and that every file in it is as it was written."""

from __future__ import annotations

from pathlib import Path

from glasshouse.core.errors import BundleError, StorageError
from glasshouse.core.files import read_json, sha256, write_json
from glasshouse.ship.schema import (
    ALWAYS,
    CHECKSUMS,
    GENERATOR,
    ONNX,
    SCHEMA,
    Schema,
    damaged,
    read_schema,
)


def write_checksums(folder: Path) -> None:
    """Note the SHA-256 of every file of a bundle in ``checksums.json``."""
    graphs = sorted(each.name for each in folder.glob("*.onnx"))
    files = [name for name in (*ALWAYS, *graphs) if (folder / name).is_file()]
    write_json(
        folder / CHECKSUMS, {"algorithm": "sha256", "files": {name: sha256(folder / name) for name in files}}
    )


def verify(folder: Path) -> Schema:
    """Check the whole bundle, and give its schema.

    Files that are no part of a bundle are passed over.

    Raises:
        BundleError: It is no bundle, is of a newer format, or a file, which is named, is missing or
            damaged.
    """
    if not (folder / SCHEMA).is_file():
        raise _no_bundle(folder)
    schema = read_schema(folder / SCHEMA)
    expected = _read_checksums(folder / CHECKSUMS)
    further = [ONNX] if schema.onnx.checked else []
    further += [each.file for each in schema.graphs if each.checked]
    if GENERATOR in expected and GENERATOR not in further:  # of a bundle from before graphs were described
        further.append(GENERATOR)
    for name in (*ALWAYS, *further):
        path = folder / name
        if name not in expected:
            raise damaged(folder / CHECKSUMS, f"it does not name {name}")
        if not path.is_file():
            raise BundleError(
                f"{path} is missing",
                expected=f"a bundle with {', '.join(expected)}",
                fix="copy the whole folder again, or make the bundle again from its run",
            )
        if sha256(path) != expected[name]:
            raise damaged(path, f"its SHA-256 is not the one in {CHECKSUMS}")
    return schema


def _read_checksums(path: Path) -> dict[str, str]:
    try:
        state = read_json(path)
    except StorageError as error:
        raise damaged(path, error.received) from error
    files = state.get("files") if isinstance(state, dict) else None
    if not isinstance(files, dict) or state.get("algorithm") != "sha256":
        raise damaged(path, "it holds no SHA-256 checksums")
    return files


def _no_bundle(folder: Path) -> BundleError:
    """The error for a path that is something else, with what was probably meant."""
    if not folder.exists():
        received = f"{folder} does not exist"
    elif not folder.is_dir():
        received = f"{folder} is a file, and no bundle"
    else:
        received = f"{folder} is no bundle: it has no {SCHEMA}"
    if (folder / "experiment.toml").is_file() and not (folder / "bundle").exists():
        return BundleError(
            f"the run {folder} has no bundle",
            expected="a run that was finished with output.bundle = true",
            fix=f"glasshouse resume {folder} if it was cut off, else "
            f"glasshouse run {folder / 'experiment.toml'} --set output.bundle=true",
        )
    near = [each for each in (folder / "bundle", folder.parent) if (each / SCHEMA).is_file()]
    return BundleError(
        received,
        expected="a folder that `glasshouse run` wrote as RUN/bundle",
        fix=f"did you mean {near[0]}?" if near else "check the path",
    )
