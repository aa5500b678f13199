"""Logs online with an official client what own-script.ts logs with ours.

python official-script.py PACKAGE FOLDER    PACKAGE is neptune or minfx.neptune_v2; FOLDER holds picture.png, table.csv, report.txt, empty.txt and model.bin.
NEPTUNE_API_TOKEN and NEPTUNE_PROJECT say where to.
"""
import importlib
import sys
import warnings
from datetime import datetime
from pathlib import Path

warnings.simplefilter("ignore")
neptune = importlib.import_module(sys.argv[1])
File = importlib.import_module(f"{sys.argv[1]}.types").File
folder = Path(sys.argv[2])
run = neptune.init_run(
    custom_run_id="official",
    name="run",
    description="a test",
    tags=["digits", "한글"],
    monitoring_namespace="monitoring/process",
    capture_hardware_metrics=True,
    capture_stdout=True,
    capture_stderr=True,
    capture_traceback=True,
    source_files=[],
    git_ref=False,
)
print("printed 한글")
run["snapfit/started_at"] = datetime.now()
run["parameters"] = {"seed": 7, "quiet": False, "runName": "run", "callbacks": "[]"}
for step in (1, 2, 3):
    # Numbers belong to the step that they are logged in; all else is logged before it.
    run["score/한글 🎉"].append(1 / step, step=step)
    if step != 2:
        run["train/unbounded"].append(step, step=step)
    elif sys.argv[1] == "neptune":  # which leaves it out; the client of Minfx stops sending
        run["train/unbounded"].append(float("nan"), step=step)
    run["note"].append(f'step {step}: 안녕 🎉\n"second line"', step=step - 1)
run["valid/표본"].append(File(str(folder / "picture.png")), step=1)
run["table/step_1"].upload(str(folder / "table.csv"))
run["alerts"].append("[error] Loss: is high", step=1)
run["report"].upload(str(folder / "report.txt"))
run["empty"].upload(str(folder / "empty.txt"))
run["model"].upload(str(folder / "model.bin"))
run["summary/steps"] = 3.0
run["summary/reason"] = "1 epochs"
identity = run._sys_id
run.stop()

# The same run in a further process.
captured = {f"capture_{what}": False for what in ("hardware_metrics", "stdout", "stderr", "traceback")}
run = neptune.init_run(with_id=identity, name="run", source_files=[], git_ref=False, **captured)
run.stop()
