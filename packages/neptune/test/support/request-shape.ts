import type { ServerRequest } from "@snapfit/test-utils";
import { readFileSync } from "node:fs";

/** Forms of requests of the official client, in its words: `npx vitest run --mode slow packages/neptune/test/official.slow.ts -u` records them. */
interface OfficialRequests {
  readonly client: string;
  readonly shapes: readonly string[];
}

const recorded = JSON.parse(readFileSync(new URL("../fixtures/official-requests.json", import.meta.url), "utf8")) as OfficialRequests;

/** The forms of requests that the official client has none of. */
export function unlikeOfficial(requests: readonly ServerRequest[]): string[] {
  const whole = requests.filter(({ fault }) => fault !== "cut request");
  return shapesOf(whole).filter((shape) => !recorded.shapes.includes(shape));
}

/** The forms of requests, whatever they say, sorted: one for each form that an element of their bodies has. */
export function shapesOf(requests: readonly ServerRequest[]): string[] {
  return unique(requests.flatMap(requestShapes)).sort();
}

function requestShapes({ method, path: target, headers, body }: ServerRequest): string[] {
  const { pathname, searchParams } = new URL(target, "http://server");
  const query = [...searchParams.keys()].sort().join("&");
  const names = Object.keys(headers).filter((name) => /^(authorization|content-type|x-range|x-neptune-.*)$/.test(name));
  const said = names.sort().map((name) => `${name}: ${wordOf(name, String(headers[name]))}`);
  const head = `${method} ${pathname}${query === "" ? "" : `?${query}`} (${said.join(", ")})`;
  return bodyShapes(String(headers["content-type"]), body).map((shape) => `${head} ${shape}`);
}

/** The part of a header that is no secret and no number. */
function wordOf(name: string, value: string): string {
  if (name === "content-type") return value.split(";")[0]!;
  if (name === "authorization") return value.split(" ")[0]!;
  if (name === "x-range") return value.replaceAll(/\d+/g, "0");
  return name === "x-neptune-legacyclient" ? value : "text";
}

function bodyShapes(contentType: string, body: Buffer): string[] {
  if (contentType.startsWith("application/json")) return valueShapes(JSON.parse(body.toString()));
  if (contentType.startsWith("application/x-www-form-urlencoded"))
    return [`form of ${[...new URLSearchParams(body.toString()).keys()].sort().join("&")}`];
  return [body.length === 0 ? "empty" : "bytes"];
}

/** All forms that a value has when each list has one element. */
function valueShapes(value: unknown): string[] {
  if (Array.isArray(value)) return unique(value.flatMap(valueShapes)).map((shape) => `[${shape}]`);
  if (typeof value !== "object" || value === null) return [value === null ? "null" : typeof value];
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const forms = fields.reduce<string[][]>(
    (all, [name, field]) => valueShapes(field).flatMap((shape) => all.map((form) => [...form, `${name}: ${shape}`])),
    [[]],
  );
  return unique(forms.map((form) => `{ ${form.join(", ")} }`));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
