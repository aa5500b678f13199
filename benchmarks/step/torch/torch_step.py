"""Trains one case in PyTorch as a process that answers lines of JSON: see ../worker-process.ts for the protocol.

Usage: torch_step.py CASE_JSON THREADS f32|bf16 VARIANT_WORDS_JSON
"""

import contextlib
import json
import statistics
import sys
import time

import torch

import models

case, threads, precision, variant = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(1)


class Training:
    def __init__(self, words, with_formula=False):
        layout = torch.channels_last if "channels-last" in words else torch.contiguous_format
        self.model = models.build(case, words)
        if with_formula:
            models.load_formula(self.model)
        self.batch = models.batch_of(case)
        if layout == torch.channels_last:
            self.model = self.model.to(memory_format=layout)
            self.batch[0] = self.batch[0].contiguous(memory_format=layout)
        self.optimizer = models.optimizer_of(self.model, case["optimizer"], "fused" in words)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else contextlib.nullcontext():
            loss = models.loss_of(self.model, self.batch)
        loss.backward()
        self.optimizer.step()
        return loss

    def times(self, steps):
        measured = []
        for _ in range(steps):
            start = time.perf_counter()
            self.step()
            measured.append((time.perf_counter() - start) * 1000)
        return measured


def all_variants():
    """Every way of running this case that PyTorch offers without a compiler."""
    other = {"cnn": "channels-last", "resnet18": "channels-last", "seq2seq": "attention-by-hand"}.get(case["model"])
    return [[*words, *fused] for words in ([], *([] if other is None else [[other]])) for fused in ([], ["fused"])]


def probe():
    """The fastest variant. All take turns, so that what disturbs the machine disturbs all of them."""
    trainings = [(words, Training(words)) for words in all_variants()]
    for _, training in trainings:
        training.times(2)
    measured = {index: [] for index in range(len(trainings))}
    end = time.perf_counter() + 4
    while len(measured[0]) < 40:
        for index, (_, training) in enumerate(trainings):
            measured[index] += training.times(1)
        if len(measured[0]) > 2 and time.perf_counter() > end:
            break
    medians = [statistics.median(measured[index]) for index in range(len(trainings))]
    best = min(range(len(trainings)), key=lambda index: medians[index])
    return {"variant": trainings[best][0], "medians": {"+".join(words) or "eager": medians[index] for index, (words, _) in enumerate(trainings)}}


def check(steps):
    """Losses from the weights that all sides compute by formula."""
    torch.manual_seed(1)
    training = Training(["tensorflow-padding"], with_formula=True)
    return {"losses": [training.step().item() for _ in range(steps)]}


def answer(reply):
    print(json.dumps(reply), flush=True)


if variant == ["probe"]:
    answer(probe())
    sys.exit()
main = Training(variant)
main.step()
answer({"ready": True})
for line in sys.stdin:
    command = json.loads(line)
    if "steps" in command:
        answer({"times": main.times(command["steps"])})
    else:
        answer(check(command["check"]))
