"""The five models of the benchmark in PyTorch, the same computation as in ../models/*.ts.

Each has `parameter_list()`: name, shape in TensorFlow.js' layout and a function that loads such a tensor, in the order of the TypeScript side.
"""

import torch
from torch import nn
from torch.nn import functional as F

import formula_values
from encoder_decoder import EncoderDecoder, TransformerModule


def dense_list(name, linear):
    """TensorFlow.js keeps kernels as [in, out]."""
    return [
        (f"{name}/kernel", [linear.in_features, linear.out_features], lambda t: linear.weight.copy_(t.T)),
        (f"{name}/bias", [linear.out_features], lambda t: linear.bias.copy_(t)),
    ]


def conv_list(name, conv):
    """TensorFlow.js keeps filters as [height, width, in, out]."""
    outputs, inputs, height, width = conv.weight.shape
    listed = [(f"{name}/kernel", [height, width, inputs, outputs], lambda t: conv.weight.copy_(t.permute(3, 2, 0, 1)))]
    return listed + ([] if conv.bias is None else [(f"{name}/bias", [outputs], lambda t: conv.bias.copy_(t))])


def norm_list(name, norm):
    return [
        (f"{name}/gamma", list(norm.weight.shape), lambda t: norm.weight.copy_(t)),
        (f"{name}/beta", list(norm.bias.shape), lambda t: norm.bias.copy_(t)),
    ]


class Mlp(nn.Module):
    def __init__(self, case):
        super().__init__()
        widths = case["widths"]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def parameter_list(self):
        return [entry for index, layer in enumerate(self.layers) for entry in dense_list(f"dense{index}", layer)]

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class Cnn(nn.Module):
    def __init__(self, case):
        super().__init__()
        first, second = case["channels"]
        self.pooled = (case["side"] - 4) // 2
        self.conv0, self.conv1 = nn.Conv2d(1, first, 3), nn.Conv2d(first, second, 3)
        self.dense0 = nn.Linear(self.pooled * self.pooled * second, case["hidden"])
        self.dense1 = nn.Linear(case["hidden"], case["classes"])

    def parameter_list(self):
        def load(tensor):
            # Rows run over [height, width, channel] there and over [channel, height, width] here.
            spatial = tensor.reshape(self.pooled, self.pooled, -1, tensor.shape[1])
            self.dense0.weight.copy_(spatial.permute(3, 2, 0, 1).flatten(1))

        kernel, bias = dense_list("dense0", self.dense0)
        return [*conv_list("conv0", self.conv0), *conv_list("conv1", self.conv1), (*kernel[:2], load), bias, *dense_list("dense1", self.dense1)]

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(F.relu(self.conv0(x)))), 2)
        return self.dense1(F.relu(self.dense0(x.flatten(1))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, padding):
        super().__init__()
        # "same" of TensorFlow.js pads a stride of 2 after the last row and column alone.
        self.pad_after = padding == "tensorflow" and stride == 2
        self.conv0 = nn.Conv2d(inputs, outputs, 3, stride, 0 if self.pad_after else 1, bias=False)
        self.norm0 = nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        has_shortcut = stride != 1 or inputs != outputs
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if has_shortcut else None
        self.shortcut_norm = nn.BatchNorm2d(outputs) if has_shortcut else None

    def parameter_list(self, name):
        listed = [*conv_list(f"{name}/conv0", self.conv0), *norm_list(f"{name}/norm0", self.norm0)]
        listed += [*conv_list(f"{name}/conv1", self.conv1), *norm_list(f"{name}/norm1", self.norm1)]
        if self.shortcut is not None:
            listed += [*conv_list(f"{name}/shortcut", self.shortcut), *norm_list(f"{name}/shortcutNorm", self.shortcut_norm)]
        return listed

    def forward(self, x):
        inner = F.relu(self.norm0(self.conv0(F.pad(x, (0, 1, 0, 1)) if self.pad_after else x)), inplace=True)
        inner = self.norm1(self.conv1(inner))
        return F.relu(inner + (x if self.shortcut is None else self.shortcut_norm(self.shortcut(x))), inplace=True)


class ResNet18(nn.Module):
    """`padding` is "torch" where speed is measured: one row and column on every side. "tensorflow" gives the very numbers of the other side."""

    def __init__(self, case, padding="torch"):
        super().__init__()
        width = case["width"]
        self.stem = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        sizes = [width, width, width * 2, width * 4, width * 8]
        stages = range(1, 5)
        self.blocks = nn.ModuleList(
            Block(sizes[stage - (block == 0)], sizes[stage], 2 if stage > 1 and block == 0 else 1, padding) for stage in stages for block in range(2)
        )
        self.dense = nn.Linear(sizes[-1], case["classes"])

    def parameter_list(self):
        listed = [*conv_list("stem", self.stem), *norm_list("norm", self.norm)]
        for index, block in enumerate(self.blocks):
            listed += block.parameter_list(f"block{index}")
        return listed + dense_list("dense", self.dense)

    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)), inplace=True)
        for block in self.blocks:
            x = block(x)
        return self.dense(x.mean((2, 3)))


class Lstm(nn.Module):
    """TensorFlow.js' layer has one bias where PyTorch has two: the second is zero and not trained."""

    def __init__(self, case):
        super().__init__()
        self.lstm = nn.LSTM(case["inputs"], case["units"], batch_first=True)
        self.dense = nn.Linear(case["units"], case["classes"])
        nn.init.zeros_(self.lstm.bias_hh_l0)
        self.lstm.bias_hh_l0.requires_grad_(False)

    def parameter_list(self):
        lstm, units = self.lstm, self.lstm.hidden_size
        return [
            ("lstm/kernel", [lstm.input_size, 4 * units], lambda t: lstm.weight_ih_l0.copy_(t.T)),
            ("lstm/recurrentKernel", [units, 4 * units], lambda t: lstm.weight_hh_l0.copy_(t.T)),
            ("lstm/bias", [4 * units], lambda t: lstm.bias_ih_l0.copy_(t)),
            *dense_list("dense", self.dense),
        ]

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])


def build(case, variant=()):
    """`variant`: words such as "channels-last", "attention-by-hand", "tensorflow-padding"."""
    kind = case["model"]
    if kind == "seq2seq":
        return (EncoderDecoder if "attention-by-hand" in variant else TransformerModule)(case)
    if kind == "resnet18":
        return ResNet18(case, "tensorflow" if "tensorflow-padding" in variant else "torch")
    return {"mlp": Mlp, "cnn": Cnn, "lstm": Lstm}[kind](case)


def load_formula(model):
    with torch.no_grad():
        for seed, (name, shape, load) in enumerate(model.parameter_list(), start=1):
            load(formula_values.parameter(seed, name, shape))


def batch_of(case):
    """Inputs and labels, the same numbers as ../formula-values.ts makes."""
    kind, size = case["model"], case["batch"]
    if kind == "seq2seq":
        shapes = [case["source"], case["target"], case["target"]]
        return [formula_values.integers(1001 + index, [size, length], case["vocabulary"]) for index, length in enumerate(shapes)]
    if kind == "mlp":
        labels = case["widths"][-1]
        return [formula_values.uniform(1001, [size, case["widths"][0]]), formula_values.integers(1002, [size], labels)]
    labels = formula_values.integers(1002, [size], case["classes"])
    if kind == "lstm":
        return [formula_values.uniform(1001, [size, case["steps"], case["inputs"]]), labels]
    channels = 1 if kind == "cnn" else 3
    return [formula_values.uniform(1001, [size, case["side"], case["side"], channels]).permute(0, 3, 1, 2).contiguous(), labels]


def loss_of(model, batch):
    *inputs, labels = batch
    logits = model(*inputs)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1))


def optimizer_of(model, settings, fused):
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if settings["name"] == "sgd":
        return torch.optim.SGD(trained, settings["learningRate"], momentum=settings["momentum"], fused=fused)
    return torch.optim.Adam(trained, settings["learningRate"], fused=fused)
