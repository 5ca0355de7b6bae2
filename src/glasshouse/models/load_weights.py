"""Weights from a file into a network, also where the file calls the layers by other names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from torch import nn

from glasshouse.core.checks import one_of
from glasshouse.core.errors import ModelError, StorageError
from glasshouse.core.files import cannot_read
from glasshouse.models.head import head_layers, in_head
from glasshouse.models.torchvision_names import published_names

COUNTS = "num_batches_tracked"
"""What batch norm counts; older files do not have it."""
SHOWN = 5
"""Misfits that one message names."""


@dataclass(frozen=True)
class Loaded:
    """What came of loading weights.

    Args:
        naming: Whose names the file has.
        taken: Tensors of the network that are from the file now.
        new: Tensors of the head that stayed as they were.
        unused: Names in the file that the network has no place for: side heads.
    """

    naming: str
    taken: tuple[str, ...]
    new: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        count = len(self.taken) + len(self.new)
        head = f"; new: {', '.join(self.new)}" if self.new else ""
        return f"{len(self.taken)} of {count} tensors, by {self.naming}{head}"


def load_weights(
    network: nn.Module, path: str | PathLike[str], head: Literal["auto", "file", "new"] = "auto"
) -> Loaded:
    """Load published or own weights into a network, by the names of its layers.

    Names are understood as Glasshouse writes them, and as torchvision's files for AlexNet, VGG, GoogLeNet and
    ResNet have them. Nothing in a file can run code.

    Args:
        network: The network, changed in place.
        path: A ``.safetensors`` file, or a PyTorch file of tensors (``.pt``, ``.pth``).
        head: ``"auto"``: the head's weights where they fit, else it stays new, as for another number of
            classes. ``"file"``: they must fit. ``"new"``: the head stays as it is in any case.

    Returns:
        What was taken and what was not.

    Raises:
        ModelError: Tensors are missing, have another shape, or belong to a larger network; they are named.
        StorageError: The file cannot be read, or holds more than tensors.

    Example:
        >>> from safetensors.torch import save_file
        >>> from glasshouse.models import mlp
        >>> old, new = mlp(4, 3, hidden=[8]), mlp(4, 5, hidden=[8])
        >>> path = getfixture("tmp_path") / "old.safetensors"
        >>> save_file(old.state_dict(), path)
        >>> print(load_weights(new, path))
        2 of 4 tensors, by Glasshouse's own names; new: output.weight, output.bias
    """
    one_of("head", head, ("auto", "file", "new"))
    path = Path(path).expanduser()
    found = _tensors(path)
    namings = published_names(network)
    naming = max(namings, key=lambda each: sum(name in found for name in namings[each].values()))
    names, state, layers = namings[naming], network.state_dict(), head_layers(network)
    taken: dict[str, torch.Tensor] = {}
    new, wrong = [], []
    for ours, theirs in names.items():
        own_head = in_head(ours, layers) or ours.startswith("auxiliary.")
        tensor = found.get(theirs)
        if own_head and (head == "new" or (head == "auto" and not _fits(tensor, state[ours]))):
            new.append(ours)
        elif tensor is None:
            if not ours.endswith(COUNTS):
                wrong.append(f"{theirs} is missing")
        elif tensor.shape != state[ours].shape:
            wrong.append(f"{theirs} has the shape {tuple(tensor.shape)}, not {tuple(state[ours].shape)}")
        else:
            taken[ours] = tensor
    unused = [name for name in found if name not in names.values()]
    wrong += [f"{name} has no place in the network" for name in unused if not _needless(name)]
    if wrong:
        raise _misfit(path, wrong, naming)
    network.load_state_dict(taken, strict=False)
    return Loaded(naming, tuple(taken), tuple(new), tuple(unused))


def _fits(tensor: torch.Tensor | None, wanted: torch.Tensor) -> bool:
    return tensor is not None and tensor.shape == wanted.shape


def _needless(name: str) -> bool:
    """Whether answers do without a tensor: those of side heads, which run in training only, and counts."""
    return name.startswith(("aux1.", "aux2.", "auxiliary.")) or name.endswith(COUNTS)


def _misfit(path: Path, wrong: list[str], naming: str) -> ModelError:
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return ModelError(
        f"the weights in {path} do not fit the network: {'; '.join(wrong[:SHOWN])}{more}",
        expected=f"the tensors of this very network, named as by {naming}",
        fix="take the variant, width, channels and picture size that the weights were trained with",
    )


def _tensors(path: Path) -> Mapping[str, torch.Tensor]:
    """The tensors of a file by name, on the CPU."""
    try:
        if path.suffix == ".safetensors":
            tensors: dict[str, torch.Tensor] = load_file(path)
            return tensors
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise cannot_read(path, error) from error
    except Exception as error:  # a foreign file can fail to be read in any way
        raise _no_weights(path, str(error).strip().split("\n")[0]) from error
    return _plain(path, content)


def _plain(path: Path, content: Any) -> dict[str, torch.Tensor]:
    """The tensors themselves, out of what training scripts wrap around them."""
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise _no_weights(path, f"it holds a {type(content).__name__}")
    strangers = [name for name, value in content.items() if not isinstance(value, torch.Tensor)]
    if strangers:
        raise _no_weights(path, f"{strangers[0]!r} is a {type(content[strangers[0]]).__name__}")
    return {str(name).removeprefix("module."): value for name, value in content.items()}


def _no_weights(path: Path, why: str) -> StorageError:
    return StorageError(
        f"{path} is no file of weights: {why}",
        expected="tensors by name, in a .safetensors file or as torch.save(network.state_dict(), path)",
        fix="save the weights alone, without optimizer, settings or code",
    )
