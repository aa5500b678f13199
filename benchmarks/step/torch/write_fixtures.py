"""Writes the losses of 20 steps of five small models, for packages/native/test/training-equality.test.ts.

Usage, from the repository's root: .snapfit/torch/bin/python benchmarks/step/torch/write_fixtures.py
"""

import json
from pathlib import Path

import torch

import models

STEPS = 20
ADAM = {"name": "adam", "learningRate": 0.001}
CASES = {
    "mlp": {"model": "mlp", "batch": 16, "widths": [20, 32, 24, 10], "optimizer": ADAM},
    "cnn": {"model": "cnn", "batch": 4, "side": 10, "channels": [4, 6], "hidden": 16, "classes": 10, "optimizer": ADAM},
    "resnet18": {
        "model": "resnet18", "batch": 8, "side": 8, "width": 4, "classes": 10,
        "optimizer": {"name": "sgd", "learningRate": 0.003, "momentum": 0.9},
    },
    "seq2seq": {
        "model": "seq2seq", "batch": 3, "vocabulary": 50, "width": 16, "layers": 2, "heads": 4, "feedForward": 32,
        "source": 12, "target": 8, "dropout": 0, "optimizer": ADAM,
    },
    "lstm": {"model": "lstm", "batch": 4, "inputs": 6, "units": 12, "steps": 9, "classes": 10, "optimizer": ADAM},
}


def losses_of(case):
    model = models.build(case, ["tensorflow-padding"])
    models.load_formula(model)
    batch = models.batch_of(case)
    optimizer = models.optimizer_of(model, case["optimizer"], fused=False)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        loss = models.loss_of(model, batch)
        loss.backward()
        optimizer.step()
        losses.append(float(f"{loss.item():.7f}"))
    return losses


torch.set_num_threads(1)
folder = Path(__file__).parents[3] / "packages/native/test/fixtures/training"
folder.mkdir(parents=True, exist_ok=True)
lines = [f'    "{name}": {{ "case": {json.dumps(case)},\n      "losses": {json.dumps(losses_of(case))} }}' for name, case in CASES.items()]
version = torch.__version__.split("+")[0]
text = f'{{\n  "writtenBy": "benchmarks/step/torch/write_fixtures.py with torch {version}",\n  "cases": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
(folder / "losses.json").write_text(text)
