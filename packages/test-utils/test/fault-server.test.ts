import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { FaultServer, type ServerFault } from "../src/index.js";

const post = (server: FaultServer, body: string | Uint8Array = "abcdef", headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}/rows?offset=3`, { method: "POST", body: body as BodyInit, headers });

const echo = { answer: ({ body }: { readonly body: Buffer }) => ({ body: { text: body.toString() } }) };

test("answers, and records what it was asked", async () => {
  await using server = await FaultServer.start(echo);
  expect(await (await post(server)).json()).toEqual({ text: "abcdef" });
  expect(server.requests).toMatchObject([{ number: 1, method: "POST", path: "/rows?offset=3", fault: undefined }]);
  expect(server.requests[0]!.body.toString()).toBe("abcdef");
});

test("records bodies unpacked", async () => {
  await using server = await FaultServer.start(echo);
  expect(await (await post(server, gzipSync("한글 🎉"), { "content-encoding": "gzip" })).json()).toEqual({ text: "한글 🎉" });
});

test("fails so often and with what it is told, plans one after the other, and then answers again", async () => {
  await using server = await FaultServer.start(echo);
  server.fail({ kind: "answer", status: 500 }, { times: 2 });
  server.fail({ kind: "answer", status: 429, headers: { "retry-after": "7" }, body: { error: "slow down" } });
  const answers = [];
  for (let i = 0; i < 4; i++) {
    const response = await post(server);
    answers.push([response.status, response.headers.get("retry-after"), await response.text()]);
  }
  expect(answers).toEqual([
    [500, null, ""],
    [500, null, ""],
    [429, "7", '{"error":"slow down"}'],
    [200, null, '{"text":"abcdef"}'],
  ]);
  expect(server.requests.map(({ fault }) => fault)).toEqual(["answer", "answer", "answer", undefined]);
});

test("fails where a plan fits, and no more after heal()", async () => {
  await using server = await FaultServer.start(echo);
  server.fail({ kind: "answer", status: 503 }, { times: Infinity, when: ({ method }) => method === "GET" });
  expect([(await post(server)).status, (await fetch(server.url)).status]).toEqual([200, 503]);
  server.heal();
  expect((await fetch(server.url)).status).toBe(200);
});

test.each<[ServerFault, numDone: number, body: string]>([
  [{ kind: "cut request", afterBytes: 2 }, 0, "ab"],
  [{ kind: "cut answer" }, 1, "abcdef"],
])("breaks the connection: %o", async (fault, numDone, body) => {
  let done = 0;
  await using server = await FaultServer.start({
    answer: () => {
      done += 1;
      return { body: "thank you" };
    },
  });
  server.fail(fault);
  await expect(post(server).then((response) => response.text())).rejects.toThrow(TypeError);
  expect(done).toBe(numDone);
  expect(server.requests.map((request) => [request.fault, request.body.toString()])).toEqual([[fault.kind, body]]);
  expect(await (await post(server)).text()).toBe("thank you");
});

test("is slow where it is told, and ends with what it has not answered", async () => {
  const server = await FaultServer.start();
  server.fail({ kind: "slow", delayMs: 1 });
  expect((await post(server)).status).toBe(200);
  server.fail({ kind: "slow", delayMs: 1e9 });
  const waiting = post(server).catch((error: unknown) => error);
  while (server.requests.length < 2) await new Promise(setImmediate);
  await server[Symbol.asyncDispose]();
  expect(await waiting).toBeInstanceOf(TypeError);
});

test("goes down with what is open, refuses connections, and comes up on the same port", async () => {
  await using server = await FaultServer.start(echo);
  const { url } = server;
  await post(server);
  server.fail({ kind: "slow", delayMs: 1e9 });
  const open = post(server).catch((error: unknown) => error);
  while (server.requests.length < 2) await new Promise(setImmediate);
  await server.down();
  expect(await open).toBeInstanceOf(TypeError);
  const code = await new Promise((resolve) =>
    connect(Number(new URL(url).port), "127.0.0.1").on("error", (error: NodeJS.ErrnoException) => resolve(error.code)),
  );
  expect(code).toBe("ECONNREFUSED");
  await server.up();
  expect(server.url).toBe(url);
  expect((await post(server)).status).toBe(200);
});
