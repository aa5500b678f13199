"""One reading or writing by the official library: `python official.py write|read FILE NUM_TENSORS`. Says a line of JSON."""

import json
import os
import sys
from time import perf_counter

import numpy
from safetensors.numpy import load_file, save_file

action, file, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def values(index):
    return (numpy.arange(1024 * 4096, dtype=numpy.int64) + index).astype(numpy.float32).reshape(1024, 4096)


def on_each_page(tensors):
    """What a reader of all values would wait for: a value of each page of memory."""
    return sum(float(tensor.reshape(-1)[::1024].sum(dtype=numpy.float64)) for tensor in tensors.values())


if action == "write":
    tensors = {f"layers.{index}.weight": values(index) for index in range(count)}
    start = perf_counter()
    save_file(tensors, file)
else:
    start = perf_counter()
    tensors = load_file(file)
total = on_each_page(tensors)
milliseconds = (perf_counter() - start) * 1000
# What is still on its way to the disk is not the next one's.
descriptor = os.open(file, os.O_RDONLY)
os.fsync(descriptor)
os.close(descriptor)
print(json.dumps({"ms": milliseconds, "sum": total}))
