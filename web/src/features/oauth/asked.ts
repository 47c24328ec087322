import type { components } from "@/lib/api/schema";

export type Scope = components["schemas"]["OAuthConsent"]["scopes"][number];
export type Asked = Omit<components["schemas"]["OAuthDecision"], "allow" | "scopes">;

const FIELDS = [
  "response_type",
  "client_id",
  "redirect_uri",
  "code_challenge",
  "code_challenge_method",
  "scope",
  "state",
  "resource",
] as const;

/** What a program asks for, from its query; of a field that comes twice, nothing. */
export function readAsked(request: string): Required<Asked> {
  const query = new URLSearchParams(request);
  const one = (name: string) => {
    const [value, ...more] = query.getAll(name);
    return more.length === 0 ? (value ?? "") : "";
  };
  return Object.fromEntries(FIELDS.map((name) => [name, one(name)])) as Required<Asked>;
}

/** Where the answer goes, in words: the host, or the program on this computer. */
export function placeOf(redirectUri: string): { host: string; local: boolean } {
  const url = URL.parse(redirectUri);
  const local = url?.protocol !== "https:";
  return { host: url?.host || (url?.protocol ?? redirectUri), local };
}
