"""The encoder-decoder of ../models/seq2seq.ts: with PyTorch's own nn.Transformer, and written out around scaled_dot_product_attention."""

import torch
from torch import nn
from torch.nn import functional as F


class Embedded(nn.Module):
    """One table for both inputs and for the output, learned positions, dropout on the sum."""

    def __init__(self, case):
        super().__init__()
        width = case["width"]
        self.dropout = case["dropout"]
        self.tokens = nn.Embedding(case["vocabulary"], width)
        self.source_positions = nn.Parameter(torch.randn(case["source"], width) * 0.02)
        self.target_positions = nn.Parameter(torch.randn(case["target"], width) * 0.02)

    def embedding_list(self):
        return [
            ("tokens", list(self.tokens.weight.shape), lambda t: self.tokens.weight.copy_(t)),
            ("sourcePositions", list(self.source_positions.shape), lambda t: self.source_positions.copy_(t)),
            ("targetPositions", list(self.target_positions.shape), lambda t: self.target_positions.copy_(t)),
        ]

    def embed(self, ids, positions):
        return F.dropout(self.tokens(ids) + positions, self.dropout, self.training)

    def parameter_list(self):
        listed = self.embedding_list()
        for index, layer in enumerate(self.encoder_layers()):
            name = f"encoder{index}"
            listed += self_attention_list(f"{name}/self", layer.self_attn) + norm_list(f"{name}/norm0", layer.norm1)
            listed += feed_forward_list(name, layer) + norm_list(f"{name}/norm1", layer.norm2)
        listed += norm_list("encoderNorm", self.encoder_norm())
        for index, layer in enumerate(self.decoder_layers()):
            name = f"decoder{index}"
            listed += self_attention_list(f"{name}/self", layer.self_attn) + norm_list(f"{name}/norm0", layer.norm1)
            listed += cross_attention_list(f"{name}/cross", layer.multihead_attn) + norm_list(f"{name}/norm1", layer.norm2)
            listed += feed_forward_list(name, layer) + norm_list(f"{name}/norm2", layer.norm3)
        return listed + norm_list("decoderNorm", self.decoder_norm())


def linear_list(name, linear):
    outputs, inputs = linear.weight.shape
    return [(f"{name}/kernel", [inputs, outputs], lambda t: linear.weight.copy_(t.T)), (f"{name}/bias", [outputs], lambda t: linear.bias.copy_(t))]


def norm_list(name, norm):
    shape = list(norm.weight.shape)
    return [(f"{name}/gamma", shape, lambda t: norm.weight.copy_(t)), (f"{name}/beta", shape, lambda t: norm.bias.copy_(t))]


def feed_forward_list(name, layer):
    return linear_list(f"{name}/feed0", layer.linear1) + linear_list(f"{name}/feed1", layer.linear2)


def rows_list(name, attention, first, last):
    """Rows of the joint projection of query, key and value, as a kernel and a bias of their own."""
    width = attention.in_proj_weight.shape[1]
    rows = slice(first * width, last * width)
    outputs = (last - first) * width
    return [
        (f"{name}/kernel", [width, outputs], lambda t: attention.in_proj_weight[rows].copy_(t.T)),
        (f"{name}/bias", [outputs], lambda t: attention.in_proj_bias[rows].copy_(t)),
    ]


def self_attention_list(name, attention):
    return rows_list(f"{name}/queryKeyValue", attention, 0, 3) + linear_list(f"{name}/out", attention.out_proj)


def cross_attention_list(name, attention):
    return rows_list(f"{name}/query", attention, 0, 1) + rows_list(f"{name}/keyValue", attention, 1, 3) + linear_list(f"{name}/out", attention.out_proj)


class TransformerModule(Embedded):
    """On nn.Transformer; its training path calls scaled_dot_product_attention."""

    def __init__(self, case):
        super().__init__(case)
        width, layers = case["width"], case["layers"]
        self.transformer = nn.Transformer(width, case["heads"], layers, layers, case["feedForward"], case["dropout"], batch_first=True)
        self.register_buffer("causal", nn.Transformer.generate_square_subsequent_mask(case["target"]), persistent=False)

    def encoder_layers(self):
        return self.transformer.encoder.layers

    def decoder_layers(self):
        return self.transformer.decoder.layers

    def encoder_norm(self):
        return self.transformer.encoder.norm

    def decoder_norm(self):
        return self.transformer.decoder.norm

    def forward(self, source, target):
        outputs = self.transformer(
            self.embed(source, self.source_positions), self.embed(target, self.target_positions), tgt_mask=self.causal, tgt_is_causal=True
        )
        return F.linear(outputs, self.tokens.weight)


class Attention(nn.Module):
    """Names as in nn.MultiheadAttention, so that the lists above serve both."""

    def __init__(self, case):
        super().__init__()
        width = case["width"]
        self.heads, self.dropout = case["heads"], case["dropout"]
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, x, memory=None, causal=False):
        batch, length, width = x.shape
        size = width // self.heads
        if memory is None:
            joint = F.linear(x, self.in_proj_weight, self.in_proj_bias)
            query, key, value = joint.view(batch, length, 3, self.heads, size).permute(2, 0, 3, 1, 4).unbind(0)
        else:
            query = F.linear(x, self.in_proj_weight[:width], self.in_proj_bias[:width]).view(batch, length, self.heads, size).transpose(1, 2)
            joint = F.linear(memory, self.in_proj_weight[width:], self.in_proj_bias[width:])
            key, value = joint.view(batch, memory.shape[1], 2, self.heads, size).permute(2, 0, 3, 1, 4).unbind(0)
        rate = self.dropout if self.training else 0.0
        attended = F.scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=causal)
        return self.out_proj(attended.transpose(1, 2).reshape(batch, length, width))


class Layer(nn.Module):
    def __init__(self, case, is_decoder):
        super().__init__()
        width = case["width"]
        self.dropout = case["dropout"]
        self.self_attn = Attention(case)
        self.multihead_attn = Attention(case) if is_decoder else None
        self.linear1, self.linear2 = nn.Linear(width, case["feedForward"]), nn.Linear(case["feedForward"], width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width) if is_decoder else None

    def drop(self, x):
        return F.dropout(x, self.dropout, self.training) if self.dropout > 0 else x

    def forward(self, x, memory=None):
        x = self.norm1(x + self.drop(self.self_attn(x, causal=memory is not None)))
        if memory is not None:
            x = self.norm2(x + self.drop(self.multihead_attn(x, memory)))
        last = self.norm2 if memory is None else self.norm3
        return last(x + self.drop(self.linear2(self.drop(F.relu(self.linear1(x))))))


class EncoderDecoder(Embedded):
    """The same written out, without what nn.Transformer spends on its options."""

    def __init__(self, case):
        super().__init__(case)
        self.encoder = nn.ModuleList(Layer(case, False) for _ in range(case["layers"]))
        self.decoder = nn.ModuleList(Layer(case, True) for _ in range(case["layers"]))
        self.encoder_last, self.decoder_last = nn.LayerNorm(case["width"]), nn.LayerNorm(case["width"])

    def encoder_layers(self):
        return self.encoder

    def decoder_layers(self):
        return self.decoder

    def encoder_norm(self):
        return self.encoder_last

    def decoder_norm(self):
        return self.decoder_last

    def forward(self, source, target):
        memory = self.embed(source, self.source_positions)
        for layer in self.encoder:
            memory = layer(memory)
        memory = self.encoder_last(memory)
        x = self.embed(target, self.target_positions)
        for layer in self.decoder:
            x = layer(x, memory)
        return F.linear(self.decoder_last(x), self.tokens.weight)
