import type { Operation, SeriesEntry } from "../log/operation.js";

/** An operation as servers take it: its path, and one field that is named like the operation. */
export type RequestOperation = { readonly path: string } & Readonly<Record<string, unknown>>;

type Body = Exclude<Operation, { readonly type: "UploadFile" }>;

/** Operations as the body of a request, those on one series together. Files go another way. */
export function requestBody(operations: readonly Operation[]): RequestOperation[] {
  const merged = new Map<string, { readonly path: string; readonly name: string; body: Record<string, unknown> }>();
  for (const operation of operations) {
    if (operation.type === "UploadFile") continue;
    const path = operation.path.join("/");
    const [name, body] = bodyOf(operation);
    const key = `${name} ${path}`;
    const earlier = merged.get(key);
    if (earlier === undefined) merged.set(key, { path, name, body });
    else if (Array.isArray(body["entries"])) (earlier.body["entries"] as unknown[]).push(...(body["entries"] as unknown[]));
    else if (name === "insertStrings") (earlier.body["values"] as unknown[]).push(...(body["values"] as unknown[]));
    else earlier.body = body;
  }
  return [...merged.values()].map(({ path, name, body }) => ({ path, [name]: body }));
}

function bodyOf(operation: Body): [name: string, body: Record<string, unknown>] {
  switch (operation.type) {
    case "AssignFloat":
      return ["assignFloat", { value: operation.value }];
    case "AssignInt":
      return ["assignInt", { value: operation.value }];
    case "AssignBool":
      return ["assignBool", { value: operation.value }];
    case "AssignString":
      return ["assignString", { value: operation.value }];
    case "AssignDatetime":
      return ["assignDatetime", { valueMilliseconds: operation.value }];
    case "AddStrings":
      return ["insertStrings", { values: [...operation.values] }];
    case "ConfigFloatSeries":
      return ["configFloatSeries", { min: operation.min, max: operation.max, unit: operation.unit }];
    case "LogFloats":
      return ["logFloats", entriesOf(operation.values)];
    case "LogStrings":
      return ["logStrings", entriesOf(operation.values)];
    case "LogImages":
      return ["logImages", entriesOf(operation.values.map((entry) => ({ ...entry, value: withoutNulls(entry.value) })))];
  }
}

function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Times are in milliseconds here; a step that the server counts is left out. */
function entriesOf(values: readonly SeriesEntry<unknown>[]): { entries: object[] } {
  return {
    entries: values.map(({ value, step, ts }) => ({ value, ...(step !== null && { step }), timestampMilliseconds: Math.trunc(ts * 1000) })),
  };
}
