"""Learns what each forbidden topic reads like: `python -m engine.train.restrictions` writes topics.safetensors."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

import engine.evaluate
from engine.text.check import topic_words_in
from engine.text.encoder import vectors
from engine.text.meaning import WEIGHTS, centred
from engine.text.passages import Passage
from engine.text.restrictions import Topic
from engine.text.tables import table

HARMLESS = Path(engine.evaluate.__file__).parent / "free.toml"
"""Everyday prompts: those without a word of any topic are examples of none."""

NEAR = (
    ("POLITICS", "MILITARY", "HATE", "RELIGION"), ("POLITICS", "MONEY"), ("RELIGION", "HATE", "HORROR"),
    ("VIOLENCE", "WEAPONS", "MILITARY", "CRIME", "HORROR", "SELF_HARM"), ("VIOLENCE", "HATE"),
    ("SEXUAL", "NUDITY"), ("DRUGS", "MEDICAL", "TOBACCO", "ALCOHOL"), ("DRUGS", "CRIME"), ("SELF_HARM", "MEDICAL"),
    ("VIOLENCE", "MEDICAL", "ADVERTISING"), ("MONEY", "GAMBLING", "ADVERTISING", "CRIME"), ("HATE", "MILITARY"),
)  # fmt: skip
"""Topics that share sentences: none is an example of what another of its row is not."""

TERM_WEIGHT = 0.15
POSITIVE_WEIGHT = 4.0
DECAY = 0.0005
FALSE_ALARMS = 0.01
"""Share of the sentences of other topics that may pass a topic's threshold."""

FOLDS = 5


def examples() -> tuple[list[str], list[str], NDArray[np.float32]]:
    """Texts, the topic of each ("NONE" for harmless ones) and its weight: sentences, and the bare words of topics."""
    texts: list[str] = []
    labels: list[str] = []
    for topic, lines in table("examples").items():
        texts += lines.strip().splitlines()
        labels += [topic] * (len(texts) - len(labels))
    harmless = tomllib.loads(HARMLESS.read_text("utf-8"))["prompt"]
    texts += [each["text"] for each in harmless if not topic_words_in(Passage(each["text"]))]
    labels += ["NONE"] * (len(texts) - len(labels))
    sentences = len(texts)
    for topic, entry in table("topics").items():
        texts += [term.strip().rstrip("!") for term in f"{entry['en']},{entry['fr']}".split(",")]
        labels += [topic] * (len(texts) - len(labels))
    weights = np.where(np.arange(len(texts)) < sentences, 1.0, TERM_WEIGHT).astype(np.float32)
    return texts, labels, weights


def fit(
    inputs: NDArray[np.float32], targets: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logistic weights (384, topics) and biases from ``inputs`` (n, 384), ``targets`` and ``weights`` (n, topics)."""
    x, y, w = torch.from_numpy(inputs), torch.from_numpy(targets), torch.from_numpy(weights)
    slope = torch.zeros(x.shape[1], y.shape[1], requires_grad=True)
    bias = torch.full((y.shape[1],), -3.0, requires_grad=True)
    optimiser = torch.optim.LBFGS([slope, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        error = torch.nn.functional.binary_cross_entropy_with_logits(
            x @ slope + bias, y, weight=w, pos_weight=torch.tensor(POSITIVE_WEIGHT), reduction="sum"
        )
        total = error / w[:, 0].sum() + DECAY * slope.square().mean() * x.shape[1]
        total.backward()
        return total

    optimiser.step(loss)
    return slope.detach().numpy(), bias.detach().numpy()


def main() -> None:
    """Fit, cross-validate for the thresholds, and store."""
    torch.set_num_threads(1)
    names = [topic.value for topic in Topic]
    near = {pair for row in NEAR for one in combinations(row, 2) for pair in (one, one[::-1])}
    texts, labels, weights = examples()
    raw = vectors(texts)
    mean = raw.mean(axis=0)
    inputs = centred(raw, mean)
    targets = np.array([[label == name for name in names] for label in labels], dtype=np.float32)
    counted = np.array([[(label, name) not in near for name in names] for label in labels], dtype=np.float32)
    sentence = weights == 1.0
    fold = np.random.default_rng(0).integers(0, FOLDS, len(texts))
    unseen = np.zeros_like(targets)
    for each in range(FOLDS):
        held = sentence & (fold == each)
        slope, bias = fit(inputs[~held], targets[~held], (counted * weights[:, None])[~held])
        unseen[held] = inputs[held] @ slope + bias
    slope, bias = fit(inputs, targets, counted * weights[:, None])
    thresholds = np.zeros(len(names), np.float32)
    for column, name in enumerate(names):
        others = sentence & (targets[:, column] == 0) & (counted[:, column] == 1)
        thresholds[column] = np.quantile(unseen[others, column], 1 - FALSE_ALARMS)
        own = unseen[sentence & (targets[:, column] == 1), column]
        print(f"{name:12} {np.mean(own > thresholds[column]):.2f} of {len(own)} found, unseen")
    stored = {"mean": mean, "slope": slope, "bias": bias - thresholds}
    save_file({key: value.astype(np.float32) for key, value in stored.items()}, WEIGHTS)


if __name__ == "__main__":
    main()
