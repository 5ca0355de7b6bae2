"""What the words of the report mean, in half a sentence each."""

from __future__ import annotations

from glasshouse.report.records import Records

METRICS = {
    "accuracy": "share of rows whose class is right",
    "balanced_accuracy": "mean over the classes of the share that is found: small classes count as much",
    "precision": "of the rows said to be in a class, the share that is",
    "recall": "of the rows in a class, the share that is found",
    "f1": "harmonic mean of precision and recall",
    "roc_auc": "chance that a row of a class scores above a row of another; 0.5 is guessing",
    "average_precision": "precision averaged over all thresholds; guessing scores the class's share",
    "log_loss": "mean surprise at the true class, in nats; lower is better",
    "r2": "share of the variance that is explained; 0 is always answering the mean",
    "rmse": "root of the mean squared error, in the target's unit; lower is better",
    "mae": "mean size of the error, in the target's unit; lower is better",
    "specificity": "of the rows outside a class, the share that is left outside",
    "matthews": "correlation of true and predicted classes, from -1 to 1; 0 is guessing",
    "cohen_kappa": "agreement beyond what chance would give; 0 is chance",
    "top_k_accuracy": "share of rows whose class is among the k with the highest scores",
    "brier": "mean squared error of the probabilities; lower is better",
    "mse": "mean squared error, in the square of the target's unit; lower is better",
    "median_absolute_error": "half of the errors are smaller, in the target's unit; lower is better",
    "mape": "mean error as a share of the true number; lower is better",
    "mase": "mean size of the error, times that of the naive forecast in training; below 1 is better than it",
    "mean_iou": "overlap of true and answered regions, averaged over the classes; 1 is exact",
    "pixel_accuracy": "share of pixels whose class is right",
    "average_precision_50": "area under precision over recall of boxes that overlap by half; mean of classes",
    "box_iou": "overlap of true objects with the boxes that cover them best; 1 is exact",
    "class_accuracy": "of the objects that a box overlaps by half, the share whose class is right",
    "psnr": "how far the range of levels lies above the error, in decibels; higher is better",
    "bleu": "runs of one to four words shared with what people wrote, from 0 to 100",
    "exact": "share that is word for word what somebody wrote",
    "token_accuracy": "share of the words that are foretold rightly after the true ones",
    "step_accuracy": "share of the steps whose tag is right",
    "whole": "share of the sequences that are right at every step",
    "nats": "mean surprise at what comes next (a word, frame, tag, point ...), in nats; lower is better",
    "bits": "the same in bits",
    "perplexity": "among how many equally likely characters it chooses, so to speak; lower is better",
    "negative_elbo": "bound on the surprise at a row, in nats: surprise and kl together; lower is better",
    "surprise": "at a row, given a code drawn for it, in nats; lower is better",
    "kl": "how far codes of rows are from the standard normal, in nats",
    "log_likelihood": "mean logarithm of the probability of a row, in nats; higher is better",
    "bound": "of the log-likelihood, from below: mean over rows, in nats; higher is better",
    "free_energy": "mean over rows; higher on unseen rows than on learnt ones means rows learnt by heart",
    "pseudo_likelihood": "how well each number of a row is foretold by all others, in nats; higher is better",
    "activity": "mean activity of the code's units",
    "jacobian": "squared norm of the encoder's Jacobian: how much the code moves with the row",
    "explained_variance": "share of the variance that is explained, a constant offset forgiven",
    "coverage": "share of real rows that have a made one near them; falls when a generator collapses",
    "density": "how deep made rows lie among real ones; 1 is as deep as real ones",
    "frechet": "squared distance between the features of real and made rows; lower is better",
    "discriminator_loss": "of the discriminator, on these rows and as many made ones",
    "said_of_real": "mean of what the discriminator says of these rows",
    "said_of_made": "mean of what the discriminator says of made rows",
    "equal_error_rate": "error rate where pairs of both kinds are wrong equally often; lower is better",
    "true_accepts": "pairs of one class that are found at the false-alarm rate chosen in advance",
    "false_accepts": "pairs of two classes that are taken for one at the same threshold; lower is better",
    "recall_at_1": "share of rows whose nearest other row has their class",
    "precision_at_5": "of the five nearest other rows, the share that has the class",
}
METRIC_NAMES = {
    "negative_elbo": "negative ELBO",
    "kl": "KL divergence",
    "log_likelihood": "log-likelihood",
    "pseudo_likelihood": "pseudo-likelihood",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "roc_auc": "ROC area",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "MAE",
    "matthews": "Matthews correlation",
    "cohen_kappa": "Cohen's kappa",
    "top_k_accuracy": "top-k accuracy",
    "brier": "Brier score",
    "mse": "MSE",
    "mape": "MAPE",
    "mase": "MASE",
    "mean_iou": "mean IoU",
    "average_precision_50": "average precision at IoU 0.5",
    "box_iou": "IoU of boxes",
    "picture_overlap": "overlap of a picture's boxes",
    "picture_iou": "mean IoU of a picture",
    "psnr": "PSNR (dB)",
    "bleu": "BLEU",
    "exact": "word for word",
    "token_accuracy": "words foretold",
    "frechet": "Fréchet distance",
    "step_accuracy": "steps right",
    "whole": "right throughout",
    "recall_at_1": "recall at 1",
    "precision_at_5": "precision at 5",
}
STATISTICS = {
    "activation_mean": (
        "Mean of the outputs",
        "Should settle. A mean that drifts far from 0 pushes the next layer to one side.",
    ),
    "activation_spread": (
        "Spread of the outputs",
        "Standard deviation. Fading from layer to layer means that little gets through; growing, that it may "
        "blow up.",
    ),
    "activation_zeros": (
        "Share of outputs that are zero",
        "After a ReLU a third to two thirds is usual; close to 1 means that most units are silent.",
    ),
    "gradient_norm": (
        "Length of the gradient",
        "How strongly the loss pulls at a layer's weights. Much paler in the first layers than in the last: "
        "the gradient vanishes on its way back.",
    ),
    "weight_norm": (
        "Length of the weights",
        "Grows while a layer learns, then levels off. Steady growth to the end asks for more weight decay.",
    ),
    "relative_update": (
        "Change per step, relative to the weights",
        "About 1 part in 1,000 is healthy; above 1 in 100 training shakes, below 1 in 100,000 it stands "
        "still.",
    ),
}
STATES = {
    "finished": "finished",
    "failed": "failed",
    "interrupted": "interrupted",
    "running": "still running",
    "unknown": "state unknown",
}
KINDS = {
    "number": "number",
    "category": "category",
    "boolean": "yes or no",
    "date": "date",
    "text": "text",
    "ignore": "ignored",
    "image": "image",
    "sound": "sound",
    "video": "video",
}


IN_PREPARED_UNITS = {
    "mse": "mean squared error, in prepared units; lower is better",
    "rmse": "root of the mean squared error, in prepared units; lower is better",
    "r2": "share of the variance that comes back; 0 is always giving the mean",
}
"""What metrics mean where rows are given back as they were prepared."""
THINGS = ("images", "sounds", "videos")
"""Kinds of data that have a name of their own for rows."""


def things(kind: str | None) -> str:
    """What rows are called.

    Example:
        >>> things("images"), things("table")
        ('images', 'rows')
    """
    return kind if kind in THINGS else "rows"


def explored_things(records: Records) -> str:
    """What rows of a run are called, by its exploration."""
    explored = records.json.get("exploration") or {}
    named: str = explored.get("things") or things(explored.get("kind"))
    return named


def metric_name(name: str) -> str:
    """The metric's name as people write it."""
    return METRIC_NAMES.get(name, name.replace("_", " "))
