import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { ProblemError } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";

export type ImportReport = components["schemas"]["ImportReportShape"];
export type ImportedProvider = components["schemas"]["ImportedProviderShape"];
export type Reference = components["schemas"]["ReferenceShape"];
export type Outcome = ImportedProvider["outcome"];

/** What the server takes of a file. */
export const MAX_BYTES = 256 * 1024;

/** What was entered for the references of the file, by their names. */
export type Entered = Readonly<Record<string, string>>;

/** What is sent: an empty field says nothing. */
function given(entered: Entered): Record<string, string> {
  const trimmed = Object.entries(entered).map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ""));
}

export function sendImport(
  config: string,
  entered: Entered,
  dryRun: boolean,
): Promise<ImportReport> {
  const body = { config, keys: given(entered), dry_run: dryRun };
  return bodyOf(client.POST("/api/v1/ai/imports/litellm", { body }));
}

/** Whether an address reads otherwise than when the file was checked: keys may go elsewhere then. */
export function addressChanged(report: ImportReport, entered: Entered, checked: Entered): boolean {
  return report.references.some(
    ({ name, wanted }) =>
      wanted === "address" && (entered[name] ?? "").trim() !== (checked[name] ?? "").trim(),
  );
}

/** A provider as it will be with the keys that were typed, or taken out, since the check. */
export function foreseen(
  provider: ImportedProvider,
  entered: Entered,
  references: readonly Reference[],
): ImportedProvider {
  const { reference, key, outcome } = provider;
  // One that is not asked for is set by the file itself.
  if (reference === null || !references.some(({ name }) => name === reference)) return provider;
  const typed = (entered[reference] ?? "").trim() !== "";
  if (typed === (key === "given")) return provider;
  const isMade = outcome === "made" || outcome === "made_disabled";
  return {
    ...provider,
    key: typed ? "given" : "missing",
    outcome: isMade ? (typed ? "made" : "made_disabled") : outcome,
  };
}

/** The server's complaint of what was entered for a reference. */
export function complaint(problem: ProblemError | null, name: string): string | undefined {
  const part = name.replaceAll("~", "~0").replaceAll("/", "~1");
  return problem?.fieldError(`/keys/${part}`);
}

interface Place {
  line: number;
  column: number;
}

/** Where in the file the server found the mistake. */
export function placeOf(problem: ProblemError): Place | null {
  const { line, column } = problem.extra;
  return typeof line === "number" && typeof column === "number" ? { line, column } : null;
}

/** The characters of a line, to be marked; lines begin at 1. */
export function rangeOf(text: string, line: number): [start: number, end: number] {
  const before = text.split("\n").slice(0, line - 1);
  const start = Math.min(text.length, before.join("\n").length + (before.length > 0 ? 1 : 0));
  const end = text.indexOf("\n", start);
  return [start, end === -1 ? text.length : end];
}
