/** What a token of `NEPTUNE_API_TOKEN` says. */
export interface ApiToken {
  /** As it was given: it is what servers ask for. */
  readonly raw: string;
  /** Of the server, without a slash at its end. */
  readonly address: string;
}

/** Reads a token: JSON in base64. @returns the token, or why it is of no use, as the end of a sentence */
export function readToken(text: string | undefined): ApiToken | string {
  const raw = text?.trim() ?? "";
  if (raw === "") return "NEPTUNE_API_TOKEN is not set";
  const address = addressOf(raw);
  if (address === undefined) return "NEPTUNE_API_TOKEN is no token: it is base64 of JSON with api_address";
  if (/(^|\.)neptune\.ai$/.test(new URL(address).hostname))
    return `NEPTUNE_API_TOKEN is one of ${new URL(address).hostname}, which was shut down in March 2026`;
  return { raw, address };
}

function addressOf(raw: string): string | undefined {
  try {
    const { api_address: address, api_url: url } = JSON.parse(Buffer.from(raw, "base64").toString()) as Record<string, unknown>;
    const { protocol } = new URL(String(address));
    const chosen = typeof url === "string" && url !== "" ? url : String(address);
    return /^https?:$/.test(protocol) && URL.canParse(chosen) ? chosen.replace(/\/+$/, "") : undefined;
  } catch {
    return undefined;
  }
}
