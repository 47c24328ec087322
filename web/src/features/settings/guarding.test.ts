import { describe, expect, it } from "vitest";
import { type Chosen, holdsAnswers, lines, readGuardrails } from "./guarding";

const off: Chosen = {
  personal_data: "off",
  kinds: [],
  schema_check: "off",
  on_failure: "refuse",
  denied_in: "answers",
  unreadable: "allow",
};

function form(values: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
}

describe("lines", () => {
  it("takes each once, and keeps commas, for a pattern may hold them", () => {
    expect(lines(" a{1,3} \n\nb\na{1,3}")).toEqual(["a{1,3}", "b"]);
  });
});

describe("readGuardrails", () => {
  it("reads nothing as nothing", () => {
    const rules = readGuardrails(form({}), off);
    expect(rules).toEqual({
      ...off,
      denied_phrases: [],
      denied_patterns: [],
      max_answer_chars: null,
      webhook: null,
    });
    expect(holdsAnswers(rules)).toBe(false);
  });

  it("reads a webhook with its time, or the usual one", () => {
    const url = "https://judge.example/check";
    expect(readGuardrails(form({ webhook: url, timeout_ms: "500" }), off).webhook).toEqual({
      url,
      timeout_ms: 500,
    });
    const rules = readGuardrails(form({ webhook: ` ${url} `, max_answer_chars: "90" }), off);
    expect(rules.webhook).toEqual({ url, timeout_ms: 2000 });
    expect(rules.max_answer_chars).toBe(90);
    expect(holdsAnswers(rules)).toBe(true);
  });
});

describe("where phrases are denied and what can’t be read", () => {
  it("is saved as chosen", () => {
    const rules = readGuardrails(form({}), { ...off, denied_in: "both", unreadable: "refuse" });
    expect([rules.denied_in, rules.unreadable]).toEqual(["both", "refuse"]);
  });
});

describe("holdsAnswers", () => {
  it("is true for whatever needs a whole answer, and false for what looks at requests", () => {
    const plain = readGuardrails(form({}), { ...off, personal_data: "redact" });
    expect(holdsAnswers(plain)).toBe(false);
    expect(holdsAnswers({ ...plain, schema_check: "flag" })).toBe(true);
    expect(holdsAnswers({ ...plain, denied_patterns: ["x"] })).toBe(true);
    expect(holdsAnswers({ ...plain, denied_patterns: ["x"], denied_in: "prompts" })).toBe(false);
  });
});
