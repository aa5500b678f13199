"""Images for the benchmark, and passes over them with PyTorch's DataLoader and Pillow.

`python decode-peer.py make FOLDER NUM_PNGS NUM_JPEGS` writes FOLDER/png/CLASS/*.png (28 x 28, grey) and FOLDER/jpeg/CLASS/*.jpg (500 x 375).
`python decode-peer.py pass FOLDER/png|FOLDER/jpeg SIZE|0 BATCH WORKERS PASSES` says the milliseconds of each pass, after one that does not count.
"""

import json
import os
import sys
from time import perf_counter

import numpy
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

CLASSES = 10


def smooth_noise(random, height, width, channels):
    """Blobs of several sizes with some grain: compresses about as photographs do."""
    image = numpy.zeros((height, width, channels), numpy.float32)
    for cells, weight in ((4, 80), (16, 50), (64, 25)):
        for channel in range(channels):
            blobs = Image.fromarray(random.uniform(-1, 1, (cells, cells)).astype("float32"))
            image[..., channel] += weight * numpy.asarray(blobs.resize((width, height), Image.BICUBIC))
    return numpy.clip(128 + image + random.normal(0, 4, image.shape), 0, 255).astype("uint8")


def make(folder, num_pngs, num_jpegs):
    random = numpy.random.default_rng(1)
    for kind, count in (("png", num_pngs), ("jpeg", num_jpegs)):
        for name in range(CLASSES):
            os.makedirs(f"{folder}/{kind}/{name}", exist_ok=True)
        for index in range(count):
            path = f"{folder}/{kind}/{index % CLASSES}/{index}"
            if kind == "png":
                digit = smooth_noise(random, 28, 28, 1)[..., 0]
                Image.fromarray(numpy.where(digit > 140, digit, 0).astype("uint8")).save(f"{path}.png")
            else:
                Image.fromarray(smooth_noise(random, 375, 500, 3)).save(f"{path}.jpg", quality=90)


class Images(Dataset):
    def __init__(self, root, size):
        self.samples = [(f"{root}/{name}/{file}", int(name)) for name in sorted(os.listdir(root)) for file in sorted(os.listdir(f"{root}/{name}"))]
        self.size = size

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, label = self.samples[index]
        with Image.open(path) as image:
            if self.size > 0:
                image = image.resize((self.size, self.size), Image.BILINEAR)
            return torch.from_numpy(numpy.array(image)), label


def run(root, size, batch, workers, passes):
    torch.set_num_threads(1)
    loader = DataLoader(Images(root, size), batch_size=batch, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    times = []
    for _ in range(passes + 1):
        start = perf_counter()
        count = sum(len(labels) for _images, labels in loader)
        times.append((perf_counter() - start) * 1000)
        assert count == len(loader.dataset)
    print(json.dumps(times[1:]))


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    run(sys.argv[2], *map(int, sys.argv[3:]))
