import { FaultServer } from "@snapfit/test-utils";

const HOUR_SECONDS = 3600;

/** Takes everything that is uploaded, and keeps nothing. @returns what stands in NEPTUNE_API_TOKEN */
export async function startNeptuneServer(): Promise<string> {
  const server: FaultServer = await FaultServer.start({ answer: ({ path }) => ({ body: answerAsNeptune(path, server.url) }) });
  return encoded("base64", { api_address: server.url, api_url: server.url, api_key: "key" });
}

/** What a server answers, as far as an upload of numbers needs it. @param url of the server */
export function answerAsNeptune(path: string, url: string): unknown {
  if (path.includes("/clients/config")) return { apiUrl: url, applicationUrl: url, pyLibVersions: {} };
  if (path.includes("/oauth-token")) {
    const claims = { exp: Date.now() / 1000 + HOUR_SECONDS, azp: "client", iss: `${url}/realm` };
    return { accessToken: `${encoded("base64url", { alg: "none" })}.${encoded("base64url", claims)}.signature`, refreshToken: "again" };
  }
  if (path.includes("/projects/get")) return { id: "project", name: "rows", organizationName: "me", projectKey: "ROWS", version: 2 };
  if (path.includes("/experiments"))
    return { id: "run", shortId: "ROWS-1", type: "run", organizationName: "me", projectName: "rows", trashed: false };
  return [];
}

function encoded(form: "base64" | "base64url", value: object): string {
  return Buffer.from(JSON.stringify(value)).toString(form);
}
