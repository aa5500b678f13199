"""Goes on in PyTorch where a Snapfit run stands: python continue.py CHECKPOINT. Needs torch and safetensors, nothing of Snapfit."""

import json
import sys

import torch
from safetensors import safe_open
from torch.nn import Linear, Sequential, Tanh

model = Sequential(Linear(4, 16), Tanh(), Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.01)
with safe_open(sys.argv[1], "pt") as file:
    slots = json.loads(file.metadata()["state"])["optimizers"]["default"]["slots"]["parameters"]
    for path, parameter in zip(["layers.0.kernel", "layers.0.bias", "layers.1.kernel", "layers.1.bias"], model.parameters()):
        place = f"optimizers/default/slots/parameters/{path}"
        m, v = (file.get_tensor(f"{place}/{name}").t().contiguous() for name in ("firstMoment", "secondMoment"))
        parameter.data = file.get_tensor(f"weights/{path}").t().contiguous()
        optimizer.state[parameter] = {"step": torch.tensor(float(slots[path]["step"])), "exp_avg": m, "exp_avg_sq": v}

x = torch.sin(torch.arange(256, dtype=torch.float64)).reshape(64, 4).float()
y = x[:, :1] * x[:, 1:2] + x[:, 2:3]
forward = model(x).flatten().tolist()
losses = []
for _ in range(100):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
weights = {name: tensor.detach().t().flatten().tolist() for name, tensor in model.named_parameters()}
print(json.dumps({"torch": torch.__version__, "forward": forward, "losses": losses, "weights": weights}))
