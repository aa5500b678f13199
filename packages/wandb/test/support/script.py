"""What the tests' own script does (same-script.ts), with the official client. Arguments: the files of an artifact and an image."""

import sys
import time

import wandb

settings = wandb.Settings(x_stats_sampling_interval=0.2)
config = {"lr": 0.5, "nested": {"a": [1, 2]}}
about = {"project": "p", "id": "run1", "name": "한글", "tags": ["a"], "notes": "n", "group": "g", "job_type": "j"}
run = wandb.init(**about, resume="allow", config=config, settings=settings)
run.define_metric("epoch")
run.define_metric("valid/loss", step_metric="epoch", summary="min,mean")
print("hello 안녕")
print("oops", file=sys.stderr)
for step in range(5):
    values = {"loss": 1 / (step + 1), "epoch": step, "valid/loss": 4 - step / 2, "bad": float("nan"), "text": "안녕 🙂"}
    run.log(values, step=step)
run.config.update({"later": 3})
run.summary["best/loss"] = 0.2
table = wandb.Table(columns=["a", "b"], data=[[1, "x"]])
run.log({"h": wandb.Histogram(np_histogram=([1, 2, 1], [1.0, 2.0, 3.0, 4.0])), "tab": table, "img": wandb.Image(sys.argv[2])}, step=5)
run.alert("제목", "text", level="WARN")
with open("notes.txt", "w") as notes:
    notes.write("hello")
run.save("notes.txt")
run.log({"last": 1}, step=6)
model = wandb.Artifact("run-run1-model", type="model", metadata={"loss": 0.2, "epoch": 4, "step": 5})
model.add_file(sys.argv[1], name="model.safetensors")
run.log_artifact(model, aliases=["best", "latest"])
time.sleep(1)  # figures of the machine, at least two
run.finish()
