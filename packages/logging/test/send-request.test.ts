import { sendRequest, UploadError, type UploadRequest } from "@snapfit/logging";
import { FaultServer } from "@snapfit/test-utils";
import { getEventListeners } from "node:events";
import { createServer } from "node:http";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const post = (url: string, rest: Partial<UploadRequest> = {}): UploadRequest => ({
  method: "POST",
  url,
  body: "{}",
  timeoutMs: 60_000,
  isPermanent: (status) => status === 401,
  ...rest,
});

async function failureOf(sent: Promise<unknown>): Promise<UploadError> {
  const error: unknown = await sent.then(
    () => new Error("it arrived"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UploadError);
  return error as UploadError;
}

test("sends method, query, headers and bytes, and gives back the whole answer", async () => {
  await using server = await FaultServer.start({
    answer: ({ body }) => ({ status: 201, headers: { "x-id": "7" }, body: body.toString() }),
  });
  const body = gzipSync("한글 🎉");
  const answer = await sendRequest(post(`${server.url}/rows?key=secret`, { method: "PUT", body, headers: { "content-encoding": "gzip" } }));
  expect([answer.status, answer.text, answer.headers.get("x-id")]).toEqual([201, "한글 🎉", "7"]);
  expect(server.requests).toMatchObject([{ method: "PUT", path: "/rows?key=secret" }]);
  expect(server.requests[0]!.headers).toMatchObject({ "content-length": String(body.length) });
});

test("follows a redirect with the same body", async () => {
  await using target = await FaultServer.start({ answer: ({ method, body }) => ({ body: `${method} ${body.toString()}` }) });
  await using server = await FaultServer.start({ answer: () => ({ status: 307, headers: { location: `${target.url}/new` } }) });
  expect((await sendRequest(post(server.url, { body: "abc" }))).text).toBe("POST abc");
});

test("tells status and the beginning of the answer, what is permanent, and when to come again; no query", async () => {
  await using server = await FaultServer.start();
  server.fail({ kind: "answer", status: 429, headers: { "retry-after": "7" }, body: "x".repeat(300) });
  server.fail({ kind: "answer", status: 401 });
  const busy = await failureOf(sendRequest(post(`${server.url}/rows?key=secret`)));
  expect(busy).toMatchObject({ status: 429, isPermanent: false, retryAfterMs: 7000 });
  expect(busy.message).toBe(`POST ${server.url}/rows was answered with 429: ${"x".repeat(200)}`);
  expect(await failureOf(sendRequest(post(server.url)))).toMatchObject({
    status: 401,
    isPermanent: true,
    retryAfterMs: undefined,
    message: `POST ${server.url}/ was answered with 401`,
  });
});

test.each([{ kind: "cut request", afterBytes: 1 }, { kind: "cut answer" }] as const)(
  "a connection that breaks is no answer: $kind",
  async (fault) => {
    await using server = await FaultServer.start({ answer: () => ({ body: "thank you" }) });
    server.fail(fault);
    const error = await failureOf(sendRequest(post(server.url)));
    expect(error).toMatchObject({ status: undefined, isPermanent: false });
    expect(error.message).toMatch(/^POST http:\/\/127.0.0.1:\d+\/ got no answer: .+/);
  },
);

test("a server that is down is no answer, and the reason is told, also where several addresses were tried", async () => {
  const server = await FaultServer.start();
  await server.down();
  for (const url of [server.url, server.url.replace("127.0.0.1", "localhost")]) {
    const error = await failureOf(sendRequest(post(url)));
    expect(error.message).toMatch(/got no answer: .*ECONNREFUSED/);
    expect(error.isPermanent).toBe(false);
  }
});

test("an answer that does not come in time, or not to its end, is none", async () => {
  await using server = await FaultServer.start();
  server.fail({ kind: "slow", delayMs: 1e9 });
  expect((await failureOf(sendRequest(post(server.url, { timeoutMs: 20 })))).message).toMatch(/got no answer: none within 0.02 s$/);
  const half = createServer((_, response) => response.writeHead(200, { "content-length": "10" }).write("abc")).listen(0, "127.0.0.1");
  await once(half, "listening");
  const url = `http://127.0.0.1:${(half.address() as { port: number }).port}`;
  expect((await failureOf(sendRequest(post(url, { timeoutMs: 20 })))).message).toMatch(/none within 0.02 s$/);
  half.closeAllConnections();
  half.close();
});

test("ends at once when it is told to, and leaves no listener", async () => {
  await using server = await FaultServer.start();
  server.fail({ kind: "slow", delayMs: 1e9 });
  const end = new AbortController();
  const sent = failureOf(sendRequest(post(server.url), end.signal));
  while (server.requests.length === 0) await new Promise(setImmediate);
  end.abort();
  expect((await sent).isPermanent).toBe(false);
  await failureOf(sendRequest(post(server.url), end.signal));
  expect(server.requests).toHaveLength(1);
  const other = new AbortController();
  await sendRequest(post(server.url), other.signal);
  expect(getEventListeners(other.signal, "abort")).toHaveLength(0);
});

test.each([
  ["an address that is none", post("not an address")],
  ["a key with a line break", post("http://127.0.0.1:1/", { headers: { authorization: "secret\nkey" } })],
  ["a name and password in the address", post("http://me:secret@127.0.0.1:1/")],
])("%s is refused for good, and not told", async (_, request) => {
  const error = await failureOf(sendRequest(request));
  expect(error.isPermanent).toBe(true);
  expect(error.message).toMatch(/^POST .* cannot be sent: its URL or a header is not valid\./);
  expect(`${error.message}${String(error.cause)}`).not.toContain("secret");
});
