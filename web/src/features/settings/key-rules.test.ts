import { describe, expect, it } from "vitest";
import { isEmpty, NO_RULES, readRules } from "./key-rules";
import { snippet } from "./snippets";

function form(values: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
}

describe("readRules", () => {
  it("takes empty fields for no limit", () => {
    const rules = readRules(form({ requests_per_minute: "", note: "  " }), {
      models: [],
      providers: [],
    });
    expect(rules).toEqual(NO_RULES);
    expect(isEmpty(rules)).toBe(true);
  });

  it("reads what was typed and chosen", () => {
    const values = form({ requests_per_minute: " 60 ", max_output_tokens: "2000", note: "CI" });
    expect(readRules(values, { models: ["vectal/fast"], providers: ["anthropic"] })).toEqual({
      models: ["vectal/fast"],
      providers: ["anthropic"],
      requests_per_minute: 60,
      tokens_per_minute: null,
      max_output_tokens: 2000,
      note: "CI",
    });
  });
});

describe("isEmpty", () => {
  it.each([
    { models: ["a"] },
    { providers: ["openai" as const] },
    { requests_per_minute: 1 },
    { tokens_per_minute: 1 },
    { max_output_tokens: 1 },
    { note: "x" },
  ])("is false with %j", (part) => {
    expect(isEmpty({ ...NO_RULES, ...part })).toBe(false);
  });
});

describe("snippet", () => {
  it("gives each SDK the address that it appends its paths to", () => {
    expect(snippet("openai", "https://v.example", "vct_k")).toContain(
      'base_url="https://v.example/v1", api_key="vct_k"',
    );
    expect(snippet("anthropic", "https://v.example", "vct_k")).toContain(
      'base_url="https://v.example", api_key="vct_k"',
    );
  });

  it("names the model, and keeps the shell's quotes whole", () => {
    const text = snippet("curl", "https://v.example", "vct_k", "it's");
    expect(text).toContain("https://v.example/v1/chat/completions");
    expect(text).toContain(String.raw`"model":"it'\''s"`);
  });
});
