import { FaultServer, type ServerAnswer, type ServerRequest } from "@snapfit/test-utils";

const HOUR_SECONDS = 3600;

/** Takes everything that is uploaded, and keeps nothing. @returns what stands in NEPTUNE_API_TOKEN */
export async function startNeptuneServer(): Promise<string> {
  const server: FaultServer = await FaultServer.start({ answer: (request) => answerTo(request, server.url) });
  return encoded("base64", { api_address: server.url, api_url: server.url, api_key: "key" });
}

function answerTo({ path }: ServerRequest, url: string): ServerAnswer {
  if (path.includes("/clients/config")) return { body: { apiUrl: url, applicationUrl: url, pyLibVersions: {}, multiPartUpload: null } };
  if (path.includes("/oauth-token")) {
    const claims = { exp: Date.now() / 1000 + HOUR_SECONDS, azp: "client", iss: `${url}/realm` };
    return {
      body: { accessToken: `${encoded("base64url", { alg: "none" })}.${encoded("base64url", claims)}.signature`, refreshToken: "again" },
    };
  }
  if (path.includes("/projects/get")) return { body: { id: "project", name: "rows", organizationName: "me", projectKey: "ROWS" } };
  if (path.includes("/experiments"))
    return { body: { id: "run", shortId: "ROWS-1", type: "run", organizationName: "me", projectName: "rows", trashed: false } };
  return { body: [] };
}

function encoded(form: "base64" | "base64url", value: object): string {
  return Buffer.from(JSON.stringify(value)).toString(form);
}
