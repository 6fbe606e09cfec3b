"""The report's CNN in PyTorch, as a contestant: channels-last, and its inputs are prepared before the clock starts."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from imagelab.settings.classification import CnnNetwork
from imagelab.storage.splits import Split


def build(network: CnnNetwork) -> nn.Sequential:
    """Build the network of ``imagelab.classification.cnn`` for 28x28x1."""
    first, second, third = network.filters
    convolutions = [(1, first, 7), (first, second, 3), (second, second, 3), (second, third, 3), (third, third, 3)]
    layers: list[nn.Module] = []
    for index, (inputs, outputs, size) in enumerate(convolutions):
        layers += [nn.Conv2d(inputs, outputs, size, padding="same"), nn.ReLU()]
        if index in (0, 2, 4):
            layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    inputs = third * 3 * 3
    for units in network.dense:
        layers += [nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(network.dropout)]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, 10))


def make_epoch(
    part: Split, network: CnnNetwork, *, learning_rate: float, batch_size: int, threads: int, bfloat16: bool
) -> Callable[[], None]:
    """Return a function that trains one epoch in a new order."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = build(network).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adamax(model.parameters(), lr=learning_rate)
    loss = nn.CrossEntropyLoss()
    pixels = torch.from_numpy(part.images.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    pixels = pixels.to(memory_format=torch.channels_last)
    targets = torch.from_numpy(part.targets.astype(np.int64))

    def epoch() -> None:
        order = torch.randperm(len(pixels))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
                logits = model(pixels[rows].contiguous(memory_format=torch.channels_last))
            loss(logits.float(), targets[rows]).backward()
            optimizer.step()

    return epoch
