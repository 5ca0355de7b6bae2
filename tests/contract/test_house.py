"""The house rules that intent does not keep and tests do: floors, names, sizes, docstrings, places."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import glasshouse

ROOT = Path(glasshouse.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
PACKAGES = sorted(path.parent for path in FILES if path.name == "__init__.py" and path.parent != ROOT)
WARN, FAIL = 300, 500
BUCKETS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "stuff", "tools"}


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.slow
def test_imports_point_only_downward():
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    done = subprocess.run(command, cwd=ROOT.parents[1], capture_output=True, text=True)
    if not (ROOT.parents[1] / "pyproject.toml").exists():
        pytest.skip("the contracts stand in pyproject.toml, which an installed package does not have")
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_file_is_one_idea(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > WARN:
        warnings.warn(f"{relative(path)} has {lines} lines: is it one idea?", stacklevel=1)
    assert lines <= FAIL, f"{lines} lines: split it"


def test_no_file_is_a_bucket():
    assert not [relative(path) for path in FILES if path.stem in BUCKETS or path.parent.name in BUCKETS]


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_arguments_are_not_checked_by_assert_alone(path):
    # An assert may state what the program guarantees; it vanishes under -O, so it must not guard input.
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assert) and "isinstance" not in ast.unparse(node.test):
            text = ast.unparse(node)
            assert re.search(r"is not None|!= 'auto'|not in \(", text), f"{relative(path)}: {text}"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_nothing_is_unpickled_or_swallowed(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in (node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")])
    }
    assert not imported & {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
            assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords)
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{relative(path)}:{node.lineno} catches everything"
            silent = all(isinstance(each, ast.Pass) for each in node.body)
            assert not silent, f"{relative(path)}:{node.lineno} swallows an exception"


def test_importing_is_free_of_cycles():
    for path in FILES:
        if path.name == "__main__.py":
            continue
        name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        importlib.import_module(name)


def test_the_public_names_are_these():
    assert sorted(glasshouse.__all__) == [
        "Experiment",
        "Run",
        "activations",
        "clipping",
        "compare",
        "data",
        "dream",
        "estimators",
        "explain",
        "fit",
        "initializers",
        "layers",
        "load",
        "losses",
        "metrics",
        "models",
        "optimizers",
        "recipes",
        "regularizers",
        "resume",
        "run",
        "schedules",
        "show",
        "sweep",
    ]
    for name in glasshouse.__all__:
        public = getattr(glasshouse, name)
        assert callable(public) or inspect.ismodule(public) or isinstance(public, str), name
    with pytest.raises(AttributeError, match="has no attribute 'fitt'"):
        _ = glasshouse.fitt


def public_objects():
    for module in pkgutil.iter_modules([str(ROOT)]):
        if not module.ispkg:
            continue
        package = importlib.import_module(f"glasshouse.{module.name}")
        for name in getattr(package, "__all__", []):
            value = getattr(package, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                yield pytest.param(value, id=f"{module.name}.{name}")


def takes_arguments(value):
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return False
    return any(each.name not in ("self", "args", "kwargs") for each in parameters)


@pytest.mark.parametrize("value", list(public_objects()))
def test_public_docstrings_say_what_goes_in_and_show_it(value):
    text = inspect.getdoc(value) or ""
    assert text, "no docstring"
    assert text.split("\n")[0].endswith((".", ":", "?")), "the first line is no sentence"
    protocol = getattr(value, "_is_protocol", False)
    abstract = inspect.isclass(value) and inspect.isabstract(value)
    if inspect.isfunction(value) and takes_arguments(value):
        assert "Args:" in text, "no Args section"
    source = inspect.getsource(value)
    if inspect.isfunction(value) and re.search(r"^\s+raise ", source, re.M):
        assert "Raises:" in text, "raises, but does not say what"
    settings = inspect.isclass(value) and value.__name__.endswith("Settings")
    plain_data = inspect.isclass(value) and hasattr(value, "__dataclass_fields__")
    if not (protocol or abstract or settings or plain_data):
        assert ">>>" in text, "no runnable example"
