import { text } from "@/features/auth/use-submit";
import type { ProblemError } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";

/** An answer always has them all; what is sent may leave some out. */
export type Guardrails = Required<components["schemas"]["GuardrailsShape"]>;
export type DataKind = Guardrails["kinds"][number];

export const KINDS = [
  "email",
  "phone",
  "iban",
  "card",
  "ip",
  "secret",
] as const satisfies readonly DataKind[];
export const PERSONAL = ["off", "mark", "redact", "refuse"] as const;
export const SCHEMA_CHECKS = ["off", "flag", "refuse"] as const;
export const DENIED_IN = ["prompts", "answers", "both"] as const;
export const UNREADABLE = ["allow", "refuse"] as const;
export const ON_FAILURE = ["refuse", "pass"] as const;

/** What is chosen by switches and lists, or kept as it was; the rest stands in plain fields. */
export type Chosen = Pick<
  Guardrails,
  "personal_data" | "kinds" | "schema_check" | "on_failure" | "denied_in" | "unreadable"
>;

/** One a line, each once, without the empty ones. */
export function lines(typed: string): string[] {
  const found = typed.split("\n").map((line) => line.trim());
  return [...new Set(found.filter((line) => line !== ""))];
}

const USUAL_TIMEOUT_MS = 2000;

/** The guardrails as they stand in the form. */
export function readGuardrails(values: FormData, chosen: Chosen): Guardrails {
  const url = text(values, "webhook").trim();
  const longest = text(values, "max_answer_chars").trim();
  const timeout = text(values, "timeout_ms").trim();
  return {
    personal_data: chosen.personal_data,
    kinds: chosen.kinds,
    schema_check: chosen.schema_check,
    on_failure: chosen.on_failure,
    denied_in: chosen.denied_in,
    unreadable: chosen.unreadable,
    denied_phrases: lines(text(values, "denied_phrases")),
    denied_patterns: lines(text(values, "denied_patterns")),
    max_answer_chars: longest === "" ? null : Number(longest),
    webhook: url === "" ? null : { url, timeout_ms: Number(timeout || USUAL_TIMEOUT_MS) },
  };
}

/** Whether whole answers are looked at, so that they can't be shown word by word. */
export function holdsAnswers(rules: Guardrails): boolean {
  const denies = rules.denied_phrases.length > 0 || rules.denied_patterns.length > 0;
  return (
    (denies && rules.denied_in !== "prompts") ||
    rules.schema_check !== "off" ||
    rules.webhook !== null
  );
}

const OF_PATTERN = /^\/guardrails\/denied_patterns\/(\d+)$/;

/** The first pattern that was refused, counted from one, and why. */
export function refusedPattern(problem: ProblemError | null) {
  for (const { pointer, detail } of problem?.errors ?? []) {
    const found = OF_PATTERN.exec(pointer);
    if (found) return { number: Number(found[1]) + 1, detail };
  }
  return null;
}
