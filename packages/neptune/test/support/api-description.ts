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

interface Description {
  readonly requests: Readonly<
    Record<
      string,
      {
        readonly parameters: Readonly<Record<string, { readonly in: string; readonly required: boolean; readonly type: string }>>;
        readonly body: Schema | null;
      }
    >
  >;
  readonly definitions: Readonly<Record<string, Schema>>;
}

const api = JSON.parse(readFileSync(new URL("../fixtures/api.json", import.meta.url), "utf8")) as Description;

/** What the published description of the protocol has against a request; empty if nothing. */
export function faultsOf(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: Readonly<Record<string, unknown>>,
  body: string,
): string[] {
  const request = api.requests[`${method} ${path}`];
  if (request === undefined) return [`there is no ${method} ${path}`];
  const faults = [...query.keys()].flatMap((name) => (request.parameters[name]?.in === "query" ? [] : [`no parameter ${name}`]));
  for (const [name, parameter] of Object.entries(request.parameters)) {
    const value = parameter.in === "query" ? query.get(name) : headers[name.toLowerCase()];
    if (value === undefined || value === null) faults.push(...(parameter.required ? [`${name} is missing`] : []));
    else if (parameter.type === "integer" && !/^\d+$/.test(String(value))) faults.push(`${name} is ${String(value)}`);
  }
  return request.body === null ? faults : [...faults, ...misfits(JSON.parse(body), request.body, "body")];
}

function misfits(value: unknown, schema: Schema, at: string): string[] {
  if (schema.$ref !== undefined) return misfits(value, api.definitions[schema.$ref.slice("#/definitions/".length)]!, at);
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [`${at} is ${String(value)}`];
  if (schema.type === "array") {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((each, i) => misfits(each, schema.items!, `${at}[${i}]`));
  }
  if (schema.type !== "object")
    return isOf(schema, value) ? [] : [`${at} is ${JSON.stringify(value)} instead of ${schema.format ?? schema.type}`];
  if (typeof value !== "object" || value === null) return [`${at} is no object`];
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is missing`);
  const own = Object.entries(value).flatMap(([name, each]) => {
    const property = schema.properties?.[name];
    return property === undefined ? [`${at}.${name} is not known`] : misfits(each, property, `${at}.${name}`);
  });
  return [...missing, ...own];
}

function isOf({ type, format }: Schema, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value) && (format !== "int32" || (value as number) === ((value as number) | 0));
  if (format === "uuid") return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(value));
  return typeof value === type;
}
