"""What an operation is called, however it is written: ``x + y``, ``torch.add`` and ``x.add_`` are one."""

from __future__ import annotations

from typing import Any

_SAME = {
    "__radd__": "add",
    "__iadd__": "add",
    "__isub__": "sub",
    "__rmul__": "mul",
    "__imul__": "mul",
    "__itruediv__": "div",
    "__truediv__": "div",
    "__idiv__": "div",
    "__rtruediv__": "rdiv",
    "__ipow__": "pow",
    "__imatmul__": "matmul",
    "__rmatmul__": "rmatmul",
    "true_divide": "div",
    "divide": "div",
    "multiply": "mul",
    "subtract": "sub",
    "negative": "neg",
    "absolute": "abs",
    "mm": "matmul",
    "bmm": "matmul",
    "mv": "matmul",
    "dot": "matmul",
    "inner": "inner",
    "concat": "cat",
    "concatenate": "cat",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "moveaxis": "movedim",
    "clip": "clamp",
    "t": "T",
    "conj": "clone",
    "special_expit": "sigmoid",
    "expit": "sigmoid",
    "special_softmax": "softmax",
    "special_log_softmax": "log_softmax",
    "__lshift__": "lshift",
    "fix": "trunc",
    "type_as": "to",
    "double": "to",
    "float": "to",
    "half": "to",
    "bfloat16": "to",
    "long": "to",
    "int": "to",
    "bool": "to",
    "type": "to",
    "cpu": "to",
    "cuda": "to",
    "contiguous": "clone",
    "data": "detach",
}

TELLS_NO_NUMBERS = {
    *(
        "shape",
        "dtype",
        "device",
        "requires_grad",
        "is_leaf",
        "grad_fn",
        "ndim",
        "layout",
        "names",
        "itemsize",
    ),
    *("is_cuda", "is_sparse", "is_quantized", "is_mps", "is_nested", "is_meta", "grad", "_version", "_base"),
    *("dim", "size", "numel", "nelement", "stride", "storage_offset", "is_contiguous", "is_floating_point"),
    *("is_complex", "element_size", "get_device", "item", "tolist", "len", "repr", "format", "str", "hash"),
    *("register_hook", "requires_grad_", "retain_grad", "is_same_size", "set_grad_enabled", "data_ptr"),
    *(
        "_set_grad_enabled",
        "__len__",
        "__repr__",
        "__bool__",
        "__float__",
        "__int__",
        "__index__",
        "__hash__",
    ),
    *(
        "__format__",
        "itemsize",
        "__hash__",
        "__contains__",
        "is_tensor",
        "is_inference",
        "has_names",
        "result_type",
        "can_cast",
    ),
    *("untyped_storage", "_is_view", "backward", "numpy", "__array__", "allclose", "equal", "is_nonzero"),
}
"""Questions about a tensor whose answers are no tensors, and operations that must not be looked into."""

MAKES_CONSTANTS = {
    *("zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like", "randint_like"),
    *("new_zeros", "new_ones", "new_full", "new_empty", "new_tensor", "new_empty_strided"),
    *("bernoulli", "multinomial", "normal", "uniform", "random", "exponential", "zero", "fill"),
    *("empty", "zeros", "ones", "full", "eye", "arange", "linspace", "rand", "randn", "randint", "randperm"),
    *("tensor", "as_tensor", "from_numpy", "tril_indices", "triu_indices", "one_hot", "kaiming_uniform"),
}
"""Operations whose result is a given number to the network: no gradient leads through them."""


def operation_name(function: Any) -> str:
    """The plain name of an operation.

    Args:
        function: What a torch function mode was called with.

    Example:
        >>> import torch
        >>> [operation_name(each) for each in (torch.Tensor.__iadd__, torch.relu_, torch.Tensor.T.__get__)]
        ['add', 'relu', 'T']
    """
    name = getattr(function, "__name__", type(function).__name__)
    if name in ("__get__", "__set__", "__delete__"):
        name = getattr(function.__self__, "__name__", name)
    if name in TELLS_NO_NUMBERS:
        return str(name)
    if name.startswith("__") and name.endswith("__"):
        return _SAME.get(name, name[2:-2])
    if name.endswith("_"):
        name = name[:-1]
    return _SAME.get(name, name)
