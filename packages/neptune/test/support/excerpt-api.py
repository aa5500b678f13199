"""Writes test/fixtures/api.json: of the published description of the protocol (swagger 2.0), the requests that we send.

python excerpt-api.py FOLDER    FOLDER holds backend.json and leaderboard.json of minfx-ai/minfx: minfx/neptune_v2/apis, v0.7.4
"""
import json
import sys
from pathlib import Path

USED = {
    "backend": ["clients/config", "authorization/oauth-token", "projects/get"],
    "leaderboard": ["experiments", "attributes/operations", "attributes/ping"]
    + ["attributes/storage/file/upload" + step for step in ("", "/start", "/part", "/finish")],
}
requests, definitions = {}, {}


def keep(schema, known):
    reference = schema.get("$ref", "").removeprefix("#/definitions/")
    if reference and reference not in definitions:
        found = known[reference]
        definitions[reference] = {key: found[key] for key in ("type", "required", "properties", "enum") if key in found}
        for each in found.get("properties", {}).values():
            keep(each, known)
    if "items" in schema:
        keep(schema["items"], known)


for service, paths in USED.items():
    api = json.loads((Path(sys.argv[1]) / f"{service}.json").read_text())
    for path in paths:
        full = f"/api/{service}/v1/{path}"
        for method, operation in api["paths"][full].items():
            parameters = operation.get("parameters", [])
            body = next((each["schema"] for each in parameters if each["in"] == "body"), None)
            if body is not None:
                keep(body, api["definitions"])
            told = {each["name"]: {"in": each["in"], "required": each["required"], "type": each["type"]} for each in parameters if each["in"] != "body"}
            requests[f"{method.upper()} {full}"] = {"parameters": told, "body": body}

target = Path(__file__).parent.parent / "fixtures" / "api.json"
source = "minfx-ai/minfx 2e26a81f695f18af76a8bd12823d3ec88e5943be"
target.write_text(json.dumps({"source": source, "requests": requests, "definitions": definitions}, indent=1) + "\n")
