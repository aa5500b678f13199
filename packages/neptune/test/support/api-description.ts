import { readFileSync } from "node:fs";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
}

interface Parameter {
  readonly name: string;
  readonly in: "query" | "header" | "body";
  readonly required: boolean;
  readonly type?: string;
  readonly schema?: Schema;
}

/** Swagger 2.0, as far as it is looked at here. */
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

type Service = "backend" | "leaderboard";

const api = JSON.parse(readFileSync(new URL("../fixtures/api.json", import.meta.url), "utf8")) as Readonly<Record<Service, Description>>;

/** What the official client sends though the description does not have it. */
const officialExtras: readonly string[] = ["body.cliVersion"];

/** The published description of the protocol as servers give it out: `/api/backend/swagger.json`. Undefined for another path. */
export function publishedDescription(path: string, host: string): object | undefined {
  const [, service] = /^\/api\/(backend|leaderboard)\/swagger\.json$/.exec(path) ?? [];
  return service === undefined ? undefined : { ...api[service as Service], host, schemes: ["http"] };
}

/** What the published description of the protocol has against a request; empty if nothing. */
export function faultsOf(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: Readonly<Record<string, unknown>>,
  body: string,
): string[] {
  const description = api[path.split("/")[2] as Service];
  const request = description?.paths[path]?.[method.toLowerCase()];
  if (request === undefined) return [`there is no ${method} ${path}`];
  const { parameters = [] } = request;
  const known = parameters.flatMap(({ in: place, name }) => (place === "query" ? [name] : []));
  const faults = [...query.keys()].flatMap((name) => (known.includes(name) ? [] : [`no parameter ${name}`]));
  for (const { in: place, name, type, required, schema } of parameters) {
    if (place === "body") {
      faults.push(...misfits(JSON.parse(body), schema!, "body", description.definitions));
      continue;
    }
    const value = place === "query" ? query.get(name) : headers[name.toLowerCase()];
    if (value === undefined || value === null) faults.push(...(required ? [`${name} is missing`] : []));
    else if (type === "integer" && !/^\d+$/.test(String(value))) faults.push(`${name} is ${String(value)}`);
  }
  return faults;
}

function misfits(value: unknown, schema: Schema, at: string, definitions: Description["definitions"]): string[] {
  if (schema.$ref !== undefined) return misfits(value, definitions[schema.$ref.slice("#/definitions/".length)]!, at, definitions);
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [`${at} is ${String(value)}`];
  if (schema.type === "array") {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((each, i) => misfits(each, schema.items!, `${at}[${i}]`, definitions));
  }
  if (schema.type !== "object")
    return isOf(schema, value) ? [] : [`${at} is ${JSON.stringify(value)} instead of ${schema.format ?? schema.type}`];
  if (typeof value !== "object" || value === null) return [`${at} is no object`];
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is missing`);
  const own = Object.entries(value).flatMap(([name, each]) => {
    const property = schema.properties?.[name];
    if (property !== undefined) return misfits(each, property, `${at}.${name}`, definitions);
    return officialExtras.includes(`${at}.${name}`) ? [] : [`${at}.${name} is not known`];
  });
  return [...missing, ...own];
}

function isOf({ type, format }: Schema, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value) && (format !== "int32" || (value as number) === ((value as number) | 0));
  if (format === "uuid") return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(value));
  return typeof value === type;
}
