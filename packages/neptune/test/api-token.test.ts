import { describe, expect, test } from "vitest";
import { readToken } from "../src/upload/api-token.js";

describe("readToken", () => {
  const token = (fields: object): string => Buffer.from(JSON.stringify(fields)).toString("base64");

  test.each([
    [token({ api_address: "https://minfx.example/", api_key: "k" }), "https://minfx.example"],
    [` ${token({ api_address: "https://a.example", api_url: "https://b.example:8080", api_key: "k" })}\n`, "https://b.example:8080"],
    [token({ api_address: "https://myneptune.ai", api_key: "k" }), "https://myneptune.ai"],
  ])("reads the address of %j", (text, address) => {
    expect(readToken(text)).toEqual({ raw: text.trim(), address });
  });

  test.each([
    [undefined, "NEPTUNE_API_TOKEN is not set"],
    ["abc", "NEPTUNE_API_TOKEN is no token: it is base64 of JSON with api_address"],
    [token({ api_key: "k" }), "NEPTUNE_API_TOKEN is no token: it is base64 of JSON with api_address"],
    [token({ api_address: "file:///etc", api_key: "k" }), "NEPTUNE_API_TOKEN is no token: it is base64 of JSON with api_address"],
    [
      token({ api_address: "https://app.neptune.ai", api_key: "k" }),
      "NEPTUNE_API_TOKEN is one of app.neptune.ai, which was shut down in March 2026",
    ],
  ])("says why %j is of no use", (text, reason) => {
    expect(readToken(text)).toBe(reason);
  });
});
