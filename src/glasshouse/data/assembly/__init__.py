"""Assembly: raw data, split and preparation put together into tensors, in the way of each task."""

from glasshouse.data.assembly.by_task import assemble
from glasshouse.data.assembly.inputs import inputs_of

__all__ = ["assemble", "inputs_of"]
