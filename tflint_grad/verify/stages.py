"""Whether an operation is executed, or traced into a graph, where it is called."""

from __future__ import annotations

import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import control_flow_v2_func_graphs


def stage() -> str:
    """What becomes of an operation that is called now: see `Observations.stages`."""
    if tf.executing_eagerly():
        return "eager"
    graph = ops.get_default_graph()
    while graph is not None:
        if isinstance(graph, _BRANCHES):
            return "branch"
        graph = getattr(graph, "outer_graph", None)
    return "graph"


_BRANCHES = (
    control_flow_v2_func_graphs.CondBranchFuncGraph,
    control_flow_v2_func_graphs.WhileCondFuncGraph,
    control_flow_v2_func_graphs.WhileBodyFuncGraph,
)
