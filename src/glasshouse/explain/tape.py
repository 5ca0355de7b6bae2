"""The tape: every operation that a module calls while it runs, with copies of what went in and came out.

It sees what the user's Python calls (``F.conv2d``, ``x + y``, ``x[:, 0] = 1``), whatever the control flow is.
Nothing is changed: gradients are asked of autograd at the edges that were noted, without a hook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from glasshouse.explain.expansions import EXPANSIONS, opened
from glasshouse.explain.nested import each_of, replaced
from glasshouse.explain.operation_names import MAKES_CONSTANTS, TELLS_NO_NUMBERS, operation_name
from glasshouse.explain.unseen import Unseen
from glasshouse.explain.values import Value, Values

SAME = {torch.float64: 1e-10, torch.float32: 1e-4}
"""How far an operation taken apart may lie from the whole one, absolute and relative."""


@dataclass
class Step:
    """One operation of the run.

    Args:
        index: Its number, from 0, in the order of the run.
        operation: The name of the operation: ``"conv2d"``, ``"add"``.
        function: What was called; ``None`` for an operation that the tape could not see.
        arguments: The positional arguments, with values in the place of tensors.
        keywords: The arguments by name, likewise.
        outputs: What came out, in order; an entry for each tensor.
        module: Path of the module that called it, ``"layer1.0.bn2"``; empty for the outermost one.
        call: How many times that module had been called before.
        owner: The module that computed it as a whole, where the step is one whole module.
        random_state: The random state before it, where it drew random numbers.
        in_place: Whether it wrote its result into its first argument.
        unseen: What autograd knows of an operation that the tape could not see.
        part_of: The operation that was taken apart into this and others: ``"lstm"``.
    """

    index: int
    operation: str
    function: Callable[..., Any] | None
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    outputs: list[Value]
    module: str = ""
    call: int = 0
    owner: nn.Module | None = None
    random_state: torch.Tensor | None = None
    in_place: bool = False
    unseen: Unseen | None = None
    part_of: str = ""

    @property
    def inputs(self) -> list[Value]:
        """The values among the arguments, in order; one that is given twice stands there twice."""
        return list(each_of(Value, (self.arguments, self.keywords)))


@dataclass
class _Frame:
    """A module that is running.

    Args:
        path: Its path.
        call: How many times it had been called before.
        given: Of a module that is one step: its arguments and its own tensors, with values in their place.
        random_state: The random state before it.
    """

    path: str
    call: int = 0
    given: tuple[Any, ...] | None = None
    random_state: torch.Tensor | None = None


class Tape(TorchFunctionMode):
    """Records while it is entered.

    Args:
        whole: Says of a module whether it is recorded as one step, without a look inside.
    """

    def __init__(self, whole: Callable[[nn.Module], bool]) -> None:
        super().__init__()
        self.values = Values()
        self.steps: list[Step] = []
        self._whole = whole
        self._frames: list[_Frame] = [_Frame("")]
        self._calls: dict[str, int] = {}
        self._closed = 0
        self._part_of = ""
        self.notes: list[str] = []
        self.failed = ""

    def given(self, tensor: torch.Tensor, role: Any, name: str) -> Value:
        """Register a tensor from outside: an input, a target, a parameter, a buffer.

        Args:
            tensor: The tensor object that the module will use.
            role: What it is.
            name: Its name.
        """
        value = self.values.new(tensor, role, name=name)
        self.values.bind(tensor, value)
        return value

    def value_of(self, tensor: torch.Tensor) -> Value:
        """The value that a tensor object has now, whatever happened to it.

        Args:
            tensor: The tensor object.
        """
        value = self.values.current(tensor)
        if value is not None:
            # A user's own autograd.Function computes without a graph; its result has a node afterwards.
            joined = value.needs_gradient or tensor.grad_fn is None
            return value if joined else self._unseen(tensor)
        before = self.values.stale(tensor)
        base = tensor._base
        if base is not None and self.values.stale(base) is not None:
            return self._read_again(tensor, base)
        if tensor.grad_fn is not None and before is None:
            return self._unseen(tensor)
        if before is not None and before.role == "result":
            # Written to behind autograd's back (through .data or a detached view): the numbers are new,
            # where they came from is not known.
            self.notes.append(f"{before.name} was written to in a way that autograd does not follow")
        role = before.role if before is not None and before.role != "result" else "constant"
        value = self.values.new(tensor, role, name=before.name if before is not None else "")
        self.values.bind(tensor, value)
        return value

    def _read_again(self, view: torch.Tensor, base: torch.Tensor) -> Value:
        """A view whose base was written to, as a step that reads it from the base."""
        source = self.value_of(base)
        size, stride = tuple(view.shape), view.stride()
        offset = view.storage_offset() - base.storage_offset()
        strides = base.stride()

        def read(whole: torch.Tensor) -> torch.Tensor:
            laid_out = torch.empty_strided(whole.shape, strides, dtype=whole.dtype, device=whole.device)
            return laid_out.copy_(whole).as_strided(size, stride, offset)

        value = self.values.new(view, "result", name="view", producer=len(self.steps))
        self._note(Step(len(self.steps), "view_again", read, (source,), {}, [value]))
        self.values.bind(view, value)
        return value

    def _unseen(self, tensor: torch.Tensor) -> Value:
        """A result of an operation that the tape did not see."""
        known = {
            (value.edge.node, value.edge.output_nr): value
            for value in self.values.all
            if value.edge is not None
        }
        unseen = Unseen(tensor, known)
        unseen.sources = [edge for edge in unseen.sources if edge in known]
        value = self.values.new(tensor, "result", name=unseen.name, producer=len(self.steps))
        inputs = tuple(known[edge] for edge in unseen.sources)
        self._note(Step(len(self.steps), unseen.name, None, inputs, {}, [value], unseen=unseen))
        self.values.bind(tensor, value)
        return value

    def _note(self, step: Step) -> None:
        frame = self._frames[-1]
        step.module, step.call, step.part_of = frame.path, frame.call, self._part_of
        self.steps.append(step)

    # What the mode does with every call -----------------------------------------------------------------

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run the operation and, unless a whole module is running, note it."""
        keywords = kwargs or {}
        name = operation_name(func)
        if self._closed or name in TELLS_NO_NUMBERS:
            return func(*args, **keywords)
        if name in EXPANSIONS:
            smaller = EXPANSIONS[name](*args, **keywords)
            if smaller is not None:
                return self._expanded(name, smaller, func, args, keywords)
        inside = opened(func)
        if inside is not None:
            with self:
                return inside(*args, **keywords)
        return self._run(name, func, args, keywords)

    def _expanded(
        self, name: str, smaller: Any, func: Any, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        """Run an operation as smaller ones, if these give what the operation itself gives."""
        state, steps, values = torch.get_rng_state(), len(self.steps), len(self.values.all)
        with torch.no_grad():
            expected = list(each_of(torch.Tensor, func(*args, **keywords)))
        torch.set_rng_state(state)
        outer, self._part_of = self._part_of, self._part_of or name
        try:
            with self:
                result = smaller()
        finally:
            self._part_of = outer
        received = list(each_of(torch.Tensor, result))
        for one, other in zip(received, expected, strict=True):
            bound = SAME.get(other.dtype, 1e-2)
            if not torch.allclose(one.detach(), other, rtol=bound, atol=bound, equal_nan=True):
                self.notes.append(f"{name} could not be taken apart: its parts give other numbers")
                del self.steps[steps:], self.values.all[values:]
                torch.set_rng_state(state)
                return self._run(name, func, args, keywords)
        return result

    def _run(self, name: str, func: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        tensors = list(each_of(torch.Tensor, (args, keywords)))
        for each in tensors:
            if each.is_complex():
                raise TypeError(f"{name} on complex numbers ({each.dtype})")
        values = [self.value_of(each) for each in tensors]
        versions = [each._version for each in tensors]
        state = torch.get_rng_state()
        try:
            result = func(*args, **keywords)
        except Exception:
            path = self._frames[-1].path
            self.failed = f"{path}, at {name}" if path else name
            raise
        outputs = list(each_of(torch.Tensor, result))
        if name == "setitem":
            outputs = [tensors[0]]
        written = [each for each, version in zip(tensors, versions, strict=True) if each._version != version]
        new = [each for each in outputs if not any(each is one for one in tensors)]
        if not new and not written:
            return result  # a question, or a tensor handed through as it is
        drew = not torch.equal(state, torch.get_rng_state())
        self._record(name, func, (args, keywords), tensors, values, outputs, written, state if drew else None)
        return result

    def _record(
        self,
        name: str,
        func: Any,
        given: tuple[tuple[Any, ...], dict[str, Any]],
        tensors: list[torch.Tensor],
        values: list[Value],
        outputs: list[torch.Tensor],
        written: list[torch.Tensor],
        state: torch.Tensor | None,
    ) -> None:
        made_up = self._made_up(name, tensors, outputs, written)
        for each in written:
            # Running statistics, counters and the like: what they are next time, not a result.
            if made_up or not _is(each, outputs):
                self._rewritten(each)
        if made_up:
            for each in outputs:
                if self.values.current(each) is None:
                    self.values.bind(each, self.values.new(each, "constant", name=name))
            return
        stands_for = {id(tensor): value for tensor, value in zip(tensors, values, strict=True)}
        args, keywords = replaced(given, lambda tensor: stands_for[id(tensor)], torch.Tensor)
        step = Step(len(self.steps), name, func, args, keywords, [], random_state=state)
        step.in_place = bool(written) and _is(written[0], outputs)
        self._note(step)
        for each in outputs:
            self._output(step, each, _is(each, written))

    def _made_up(
        self, name: str, tensors: list[torch.Tensor], outputs: list[torch.Tensor], written: list[torch.Tensor]
    ) -> bool:
        """Whether the result is a given number to the network: whole numbers, zeros, random numbers."""
        if not tensors or not any(each.is_floating_point() for each in (*tensors, *outputs)):
            return True
        if name not in MAKES_CONSTANTS:
            return False
        return not any(each.requires_grad or each._base is not None for each in written)

    def _output(self, step: Step, tensor: torch.Tensor, written: bool) -> None:
        """The value of one result; a view that was written to gives its base a new value."""
        base = tensor._base
        facts: dict[str, Any] = {"name": step.operation, "producer": step.index}
        if written and base is not None and self.values.stale(base) is not None:
            value = self.values.new(tensor, "result", edge=None, **facts)
            step.outputs.append(value)
            self._write_through(tensor, base, value)
            return
        value = self.values.new(tensor, "result", **facts)
        step.outputs.append(value)
        self.values.bind(tensor, value)

    def _write_through(self, view: torch.Tensor, base: torch.Tensor, part: Value) -> None:
        """The base after one of its views was written to, as a step of its own."""
        before = self.values.stale(base)
        size, stride = tuple(view.shape), view.stride()
        offset = view.storage_offset() - base.storage_offset()
        strides = base.stride()

        def write(whole: torch.Tensor, written: torch.Tensor) -> torch.Tensor:
            laid_out = torch.empty_strided(whole.shape, strides, dtype=whole.dtype, device=whole.device)
            laid_out = laid_out.copy_(whole)
            laid_out.as_strided(size, stride, offset).copy_(written)
            return laid_out

        value = self.values.new(base, "result", name="write_through", producer=len(self.steps))
        self._note(Step(len(self.steps), "write_through", write, (before, part), {}, [value]))
        self.values.bind(base, value)

    def _rewritten(self, tensor: torch.Tensor) -> None:
        before = self.values.stale(tensor)
        role = before.role if before is not None and before.role != "result" else "constant"
        name = before.name if before is not None else ""
        self.values.bind(tensor, self.values.new(tensor, role, name=name))

    # Modules ---------------------------------------------------------------------------------------------

    @contextmanager
    def watching(self, module: nn.Module, prefix: str = "") -> Iterator[None]:
        """While this lasts, operations are noted under the names of the modules that call them.

        Args:
            module: The outermost module.
            prefix: Its own name, put before those of its parts.
        """
        handles = []
        try:
            for path, part in module.named_modules():
                name = ".".join(each for each in (prefix, path) if each)
                handles.append(part.register_forward_pre_hook(self._entering(name), with_kwargs=True))
                handles.append(
                    part.register_forward_hook(
                        self._leaving(), prepend=True, with_kwargs=True, always_call=True
                    )
                )
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _entering(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            if self._closed:
                self._closed += 1
                return
            frame = _Frame(path, self._calls.get(path, 0))
            self._calls[path] = frame.call + 1
            self._frames.append(frame)
            if self._whole(module):
                self._closed = 1  # also for what is done here: it is no operation of the module
                own = dict(module.named_parameters()) | dict(module.named_buffers())
                # The values are taken before it runs: it may write to them.
                frame.given = replaced((own, args, kwargs), self.value_of, torch.Tensor)
                frame.random_state = torch.get_rng_state()

        return hook

    def _leaving(self) -> Callable[..., None]:
        def hook(module: nn.Module, _args: Any, _kwargs: Any, result: Any) -> None:
            if self._closed > 1:
                self._closed -= 1
                return
            frame = self._frames[-1]
            if self._closed and result is not None:
                self._whole_module(frame, module, result)
            self._closed = 0
            if len(self._frames) > 1:
                self._frames.pop()

        return hook

    def _whole_module(self, frame: _Frame, module: nn.Module, result: Any) -> None:
        """Note a module as one step."""

        def call(own: dict[str, torch.Tensor], args: Any, kwargs: Any) -> Any:
            return torch.func.functional_call(module, own, args, kwargs)

        name = type(module).__name__
        step = Step(len(self.steps), name, call, frame.given or (), {}, [], owner=module)
        drew = frame.random_state is not None and not torch.equal(frame.random_state, torch.get_rng_state())
        step.random_state = frame.random_state if drew else None
        self._note(step)
        for each in each_of(torch.Tensor, result):
            self._output(step, each, written=False)


def _is(tensor: torch.Tensor, among: list[torch.Tensor]) -> bool:
    return any(tensor is each for each in among)
