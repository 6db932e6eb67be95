"""What the name of a parameter, and what is done with it, say of its kind."""

from __future__ import annotations

import re

#: Attributes that only one kind of thing has.
OF_MODELS = frozenset(
    {"trainable_variables", "trainable_weights", "non_trainable_variables", "variables", "weights"}
    | {
        "layers",
        "summary",
        "fit",
        "compile",
        "predict",
        "count_params",
        "losses",
        "inputs",
        "outputs",
    }
    | {"compute_loss", "get_weights", "set_weights", "train_on_batch", "evaluate", "trainable"}
)
OF_OPTIMIZERS = frozenset({"apply_gradients", "minimize", "apply", "learning_rate", "iterations"})
OF_METRICS = frozenset({"update_state", "result", "reset_state", "reset_states"})
OF_VARIABLES = frozenset({"assign", "assign_add", "assign_sub", "read_value", "initialized_value"})
OF_DATASETS = frozenset(
    {"batch", "shuffle", "map", "take", "prefetch", "repeat", "as_numpy_iterator", "cache", "skip"}
)
OF_DICTIONARIES = frozenset({"items", "keys", "values", "get", "setdefault", "pop"})
OF_LISTS = frozenset({"append", "extend", "insert"})
OF_TEXTS = frozenset({"split", "lower", "upper", "startswith", "endswith", "format", "strip"})
OF_TENSORS = frozenset({"shape", "dtype", "numpy", "ndim", "get_shape", "set_shape", "T", "astype"})

#: Names.
MODELS = re.compile(
    r"model|net(work)?$|^net|encoder|decoder|generator|discriminator|critic|actor|policy|classifier"
    r"|backbone|head$|embed|teacher|student|regressor|layer|mlp|q_network|critic|module"
)
OPTIMIZERS = re.compile(r"optimi[sz]er|^opt$|_opt$")
LOSSES = re.compile(r"loss(_fn|_function|_object|_obj|es)?$|criterion|objective|cost")
COUNTS = re.compile(
    r"^(n|k|m|num|count|size|dim|dims|units|steps?|epochs?|rounds?|width|height|depth|rank|order|times|"
    r"iterations|batch_size|classes|channels|hidden|layers|experts|heads|length|rows|columns|axis)$"
    r"|^(n|num|max)_|_(size|dim|count|steps|units|epochs|rounds|iterations|classes)$"
)
NUMBERS = re.compile(
    r"^(lr|rate|eps|epsilon|alpha|beta|gamma|delta|lambda_?|sigma|tau|temperature|scale|weight_decay|"
    r"margin|tolerance|tol|threshold|decay|momentum|strength|factor|penalty|coefficient|step_size|"
    r"learning_rate|discount|noise|stiffness|rho|eta|mu|nu|kappa|clip|limit|bound)$"
    r"|_(rate|eps|weight|scale|factor|coef|coefficient|decay|strength)$"
)
FLAGS = re.compile(r"^(training|train|verbose|debug|use_|is_|with_|return_|log|loud|trace)")
LABELS = re.compile(
    r"^(labels?|classes|ids?|ind(ex|ices)|tokens?|actions?|targets?_ids?|y_true_ids)$"
    r"|_(ids|idx|labels)$"
)
TEXTS = re.compile(
    r"^(name|path|file(name)?|mode|prefix|title|tag|key|kind)$|_(name|path|dir|file)$"
)
DATASETS = re.compile(
    r"^(dataset|ds|data|batches|loader|train_ds|train_data|training_set)$|dataset|_ds$|batches$"
)
LISTED = re.compile(
    r"^(models|networks|nets|layers|losses|variables|weights|sources|samples|points|inputs|xs|items)$"
)

OPTIONS = re.compile(
    r"^(args|arguments|flags|opts?|options|cfg|conf|config|hparams|hps?|settings)$"
)

#: Arguments that are integers, by the last name of the callee.
INTEGERS: dict[str, tuple[str, ...]] = {
    "sparse_softmax_cross_entropy_with_logits": ("labels",),
    "sparse_categorical_crossentropy": ("0",),
    "SparseCategoricalCrossentropy": ("0",),
    "gather": ("1", "indices"),
    "gather_nd": ("1", "indices"),
    "embedding_lookup": ("1", "ids"),
    "one_hot": ("0", "indices"),
    "segment_sum": ("1", "segment_ids"),
    "unsorted_segment_sum": ("1", "segment_ids"),
    "sequence_mask": ("0", "lengths"),
}
#: Arguments that are real numbers, whatever they are called.
REALS: dict[str, tuple[str, ...]] = {
    "sigmoid_cross_entropy_with_logits": ("labels",),
    "softmax_cross_entropy_with_logits": ("labels",),
    "binary_crossentropy": ("0", "y_true"),
    "categorical_crossentropy": ("0", "y_true"),
    "mean_squared_error": ("0", "y_true"),
}
