import { graphqlShape, type GraphqlShape } from "./graphql-shape.js";
import { parseLoose, type WandBServer } from "./wandb-server.js";

/** Requests of a client, without what differs from run to run. */
export interface RequestShapes {
  /** By operation. */
  readonly operations: Readonly<Record<string, OperationShape>>;
  /** Members of a `file_stream` body, and of a file in it. */
  readonly stream: readonly string[];
  readonly streamFile: readonly string[];
}

interface OperationShape extends GraphqlShape {
  /** Names of the values that are given, with those of an object in it. */
  readonly given: readonly string[];
}

export function requestShapes(server: WandBServer): RequestShapes {
  const operations: Record<string, OperationShape> = {};
  const streams: Record<string, unknown>[] = [];
  for (const { path, operation, variables, body } of server.requests) {
    if (operation !== undefined) {
      const { query } = JSON.parse(body) as { query: string };
      const given = [...new Set([...(operations[operation]?.given ?? []), ...namesIn(variables)])].sort();
      operations[operation] = { ...graphqlShape(query), given };
    } else if (path.endsWith("/file_stream")) streams.push(parseLoose(body));
  }
  const files = streams.flatMap((stream) => Object.values((stream["files"] ?? {}) as Record<string, object>));
  const sorted = Object.fromEntries(Object.entries(operations).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { operations: sorted, stream: keysOf(streams), streamFile: keysOf(files) };
}

function keysOf(objects: readonly object[]): string[] {
  return [...new Set(objects.flatMap((each) => Object.keys(each)))].sort();
}

function namesIn(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return path === "" ? [] : [path];
  if (Array.isArray(value)) return [...(value.length === 0 ? [path] : []), ...value.flatMap((each) => namesIn(each, `${path}[]`))];
  return Object.entries(value).flatMap(([name, each]) => namesIn(each, path === "" ? name : `${path}.${name}`));
}
