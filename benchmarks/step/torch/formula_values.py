"""Reproducible numbers that ../formula-values.ts computes bit for bit alike: a hash of seed and index."""

import math

import torch

WORD = 0xFFFFFFFF


def hashes(seed: int, count: int) -> torch.Tensor:
    """`count` integers of 32 bits. Products wrap at 64 bits, which leaves their low 32 bits right."""
    mixed = (torch.arange(count, dtype=torch.int64) * 0x9E3779B1 + seed * 0x85EBCA6B + 0x165667B1) & WORD
    mixed = ((mixed ^ (mixed >> 16)) * 0x21F0AAAD) & WORD
    mixed = ((mixed ^ (mixed >> 15)) * 0x735A2D97) & WORD
    return mixed ^ (mixed >> 15)


def uniform(seed: int, shape: list[int]) -> torch.Tensor:
    """float32 in [-1, 1)."""
    return ((hashes(seed, math.prod(shape)) >> 8).double() / 2**23 - 1).float().reshape(shape)


def integers(seed: int, shape: list[int], limit: int) -> torch.Tensor:
    """int64 in [0, limit)."""
    return ((hashes(seed, math.prod(shape)) >> 8) % limit).reshape(shape)


def parameter(seed: int, name: str, shape: list[int]) -> torch.Tensor:
    """Gains near 1, biases near 0, weights with variance 1 / (inputs of a unit). Scaled in float64, rounded once."""
    values = (hashes(seed, math.prod(shape)) >> 8).double() / 2**23 - 1
    if name.endswith("gamma"):
        values = 1 + 0.1 * values
    elif len(shape) == 1:
        values = 0.1 * values
    else:
        values = math.sqrt(3 / math.prod(shape[:-1])) * values
    return values.float().reshape(shape)
