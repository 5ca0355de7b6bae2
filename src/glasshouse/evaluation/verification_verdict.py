"""The verdict on a network that tells what is alike: how often it is right, and against what."""

from __future__ import annotations

from glasshouse.evaluation.paired import Difference


def verification_verdict(
    where: tuple[str, int, str],
    accuracy: tuple[float, tuple[float, float] | None],
    classes: tuple[int, bool],
    against: tuple[float, Difference],
) -> str:
    """Put the result into words.

    Args:
        where: The part that was judged, how many pairs there are, and what rows are.
        accuracy: Share of the pairs that are judged right, and its 95 % interval, where there is one.
        classes: How many classes the pairs are of, and whether training saw none of them.
        against: The accuracy that distances of the rows themselves have, and the paired difference.

    Example:
        >>> difference = Difference("accuracy", 100, 0.2, 0.1, 0.3, "")
        >>> print(verification_verdict(("test", 100, "images"), (0.9, None), (5, True), (0.7, difference)))
        Tells whether two test images are alike in 90.0 % of 100 pairs of 5 classes that training never saw, \
where guessing gets 50 %. Distances of the images themselves get 70.0 %: that is 20.0 points less, and more \
than chance explains (95 % interval 10.0 to 30.0).
    """
    (part, pairs, things), (share, span) = where, accuracy
    count, unseen = classes
    named = "training" if part == "train" else part
    sure = f" (95 % interval {100 * span[0]:.1f} to {100 * span[1]:.1f} %)" if span else ""
    of = f"{count} classes that training never saw" if unseen else f"{count} classes that were trained on"
    said = (
        f"Tells whether two {named} {things} are alike in {100 * share:.1f} % of {pairs:,} pairs of {of}"
        f"{sure}, where guessing gets 50 %. {_comparison(things, *against)}"
    )
    caution = {
        "validation": " There is no test part, and validation chose the threshold: expect a little less on "
        "new data.",
        "train": " These are the rows it was trained on: this says nothing about new data.",
    }
    return said + caution.get(part, "")


def _comparison(things: str, value: float, difference: Difference) -> str:
    points = f"{100 * abs(difference.value):.1f} points"
    ends = sorted(abs(each) for each in (difference.low, difference.high))
    told = f"Distances of the {things} themselves get {100 * value:.1f} %"
    if not difference.decided:
        return f"{told}, and the difference of {points} may be chance."
    span = f"95 % interval {100 * ends[0]:.1f} to {100 * ends[1]:.1f}"
    if difference.value < 0:
        return f"{told}: that is {points} more, and more than chance explains ({span})."
    return f"{told}: that is {points} less, and more than chance explains ({span})."
