"""Replays offline directories with an official reader, without a server, and prints what would be sent: one JSON array for each run.

python replay.py PACKAGE FOLDER    PACKAGE is neptune or minfx.neptune_v2; FOLDER holds offline/. Run directories are removed, as a sync does.
"""
import importlib
import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
package, folder = sys.argv[1:]


def load(name):
    return importlib.import_module(f"{package}.{name}")


mock = load("internal.backends.neptune_backend_mock").NeptuneBackendMock
visitor = load("internal.backends.operation_api_name_visitor").OperationApiNameVisitor()
converter = load("internal.backends.operation_api_object_converter").OperationApiObjectConverter()
runs = {}


def told(operation, storage):
    path = "/".join(operation.path)
    if type(operation).__name__ == "UploadFile":
        content = (storage.upload_path / operation.tmp_file_name).read_bytes().decode()
        return {"path": path, "uploadFile": {"ext": operation.ext, "content": content}}
    return {"path": path, visitor.visit(operation): converter.convert(operation)}


class Recorder(mock):
    def execute_operations(self, container_id, container_type, operations, operation_storage):
        runs.setdefault(str(container_id), []).extend(told(operation, operation_storage) for operation in operations)
        return len(operations), []

    def get_display_address(self):
        return "http://127.0.0.1"


load("cli.sync").SyncRunner.sync_all_offline(backend=Recorder(), base_path=Path(folder), project_name="me/proj")
print("RUNS " + json.dumps(list(runs.values()), default=str))
