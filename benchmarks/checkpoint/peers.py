"""Saves of weights and the moments of AdamW: `python peers.py torch.save|safetensors FILE NUM_MATRICES SIZE SAVES`. Says the milliseconds of each."""

import json
import os
import sys
from time import perf_counter

name, file, count, size, saves = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
names = [f"layers.{index}.{part}" for index in range(count) for part in ("kernel", "exp_avg", "exp_avg_sq")]
if name == "torch.save":
    import torch

    tensors = {each: torch.randn(size, size) for each in names}
    save = lambda: torch.save(tensors, file)
else:
    import numpy
    from safetensors.numpy import save_file

    tensors = {each: numpy.random.randn(size, size).astype("float32") for each in names}
    save = lambda: save_file(tensors, file)

def timed():
    start = perf_counter()
    save()
    milliseconds = (perf_counter() - start) * 1000
    # What is still on its way to the disk is not the next one's.
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return milliseconds


timed()  # the first one makes memory and the file
print(json.dumps([timed() for _ in range(saves)]))
