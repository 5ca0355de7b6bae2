"""The numbers by which the compiled loop is told what to do. Numba reads them as constants.

One compiled function serves every network: layers, losses and optimizers are numbers in tables, and shapes
are known only when it runs.
"""

from __future__ import annotations

# Columns of the table of layers.
KIND = 0
WIDTH_IN = 1
STRIDE_IN = 2
X_AT = 3
WIDTH = 4
STRIDE = 5
Y_AT = 6
WEIGHT_AT = 7
BIAS_AT = 8
SPACE_AT = 9
COPY_AT = 10
EXTRA = 11
NEEDED = 12
COLUMNS = 13
"""Kind; numbers per row that go in, from one row to the next, and where they lie; the same of what comes out;
weights and biases among the parameters (-1: none); two places of work space; what only this kind needs (the
curve; where running statistics or masks lie; -1: none); whether the gradient by the inputs is needed."""

# Kinds of layers.
LINEAR = 0
CURVE = 1
DROPOUT = 2
BATCH_NORM = 3
LAYER_NORM = 4
STANDING_NORM = 5
"""Batch norm by its running statistics, which only rows that judge meet."""

# Curves: activations that treat every number alike. p and q are their settings.
RELU = 0
LEAKY_RELU = 1
TANH = 2
SIGMOID = 3
SILU = 4
GELU = 5
GELU_TANH = 6
ELU = 7
SOFTPLUS = 8
HARD_TANH = 9
HARD_SWISH = 10
HARD_SIGMOID = 11
MISH = 12
SOFTSIGN = 13

# Losses.
CLASS_INDICES = 0
CLASS_SHARES = 1
YES_OR_NO = 2
SQUARES = 3
HUBER = 4
ABSOLUTES = 5
HALVES = 6

# How right answers are counted.
COUNT_NOTHING = 0
COUNT_CLASSES = 1
COUNT_SHARES = 2
COUNT_YES_OR_NO = 3

# Optimizers, and the columns of what they are told.
SGD = 0
MOMENTUM = 1
ADAM = 2
NADAM = 3
RMSPROP = 4
ADAGRAD = 5
ADADELTA = 6

BETA_1 = 0
BETA_2 = 1
EPSILON = 2
DECOUPLED = 3
NESTEROV = 4
PRODUCT = 5
CLIP_VALUE = 6
CLIP_NORM = 7
L1 = 8
L2 = 9
SETTINGS = 10
"""Shares that are kept, epsilon, whether decay is decoupled, whether the momentum looks ahead, NAdam's
product of momenta so far; bounds of the gradient (0: none); strengths of the penalties on what decays."""

# Columns of the table of groups: numbers of the flat buffer that share a rate and a decay.
GROUP_START = 0
GROUP_STOP = 1
GROUP_RATE = 0
GROUP_DECAY = 1
GROUP_PENALISED = 2

# The gate at which threads that take a step together wait for each other: places in it, and its numbers.
GATE_HERE = 0
GATE_MEETINGS = 16
GATE_GIVEN_UP = 32
GATE = 48
"""Threads that have come, meetings so far, and whether one has given up: each in a line of the cache."""
