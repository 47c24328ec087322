import { text } from "@/features/auth/use-submit";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";

type Schemas = components["schemas"];
/** An answer always has them all; the schema of what is sent may leave some out. */
export type StoredRules = Required<Schemas["KeyRulesShape"]>;
export type ProviderKind = StoredRules["providers"][number];
export type Rules = Pick<
  StoredRules,
  | "models"
  | "providers"
  | "requests_per_minute"
  | "tokens_per_minute"
  | "max_output_tokens"
  | "note"
>;

export const RULES = ["get", "/api/v1/ai/key-rules"] as const;

export const NO_RULES: Rules = {
  models: [],
  providers: [],
  requests_per_minute: null,
  tokens_per_minute: null,
  max_output_tokens: null,
  note: "",
};

export const AMOUNTS = ["requests_per_minute", "tokens_per_minute", "max_output_tokens"] as const;

/** A number of a form; an empty field is no limit. */
function amount(values: FormData, name: string): number | null {
  const typed = text(values, name).trim();
  return typed === "" ? null : Number(typed);
}

/** The rules as they stand in the fields. */
export function readRules(
  values: FormData,
  chosen: { models: readonly string[]; providers: readonly ProviderKind[] },
): Rules {
  return {
    models: [...chosen.models],
    providers: [...chosen.providers],
    requests_per_minute: amount(values, "requests_per_minute"),
    tokens_per_minute: amount(values, "tokens_per_minute"),
    max_output_tokens: amount(values, "max_output_tokens"),
    note: text(values, "note").trim(),
  };
}

/** Whether the rules limit nothing and say nothing. */
export function isEmpty(rules: Rules): boolean {
  return (
    rules.models.length === 0 &&
    rules.providers.length === 0 &&
    rules.note === "" &&
    AMOUNTS.every((name) => rules[name] === null)
  );
}

const PAGE = 200;
const MAX_PAGES = 10;

/** The rules of the workspace's keys by the id of the key. */
export async function fetchRules(signal: AbortSignal): Promise<Map<string, StoredRules>> {
  const found = new Map<string, StoredRules>();
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = { limit: PAGE, ...(cursor ? { cursor } : {}) };
    // Each page names the next one.
    // oxlint-disable-next-line no-await-in-loop
    const body: Schemas["Page_KeyRulesShape_"] = await bodyOf(
      client.GET("/api/v1/ai/key-rules", { params: { query }, signal }),
    );
    for (const rules of body.items) found.set(rules.api_key_id, { ...NO_RULES, ...rules });
    cursor = body.next_cursor ?? null;
    if (!cursor) break;
  }
  return found;
}

/** Stores rules, or takes them away where none are left. `version` is the one that was seen. */
export async function saveRules(
  keyId: string,
  rules: Rules,
  version: number | null,
): Promise<void> {
  const params = { path: { api_key_id: keyId } };
  if (isEmpty(rules)) {
    if (version !== null) await client.DELETE("/api/v1/ai/key-rules/{api_key_id}", { params });
    return;
  }
  await client.PUT("/api/v1/ai/key-rules/{api_key_id}", { params, body: { ...rules, version } });
}
