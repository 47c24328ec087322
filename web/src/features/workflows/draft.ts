import { text } from "@/features/auth/use-submit";
import type { NewWorkflowTool, WorkflowTool, WorkflowToolPatch } from "./queries";

/** A name as the server takes it. */
const NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** Where a new one begins: a schema that holds, with one argument to rename. */
export const FIRST_SCHEMA = {
  type: "object",
  properties: { what: { type: "string", description: "What is wanted, in a sentence" } },
  required: ["what"],
  additionalProperties: false,
};

export const isName = (name: string): boolean => NAME.test(name);

export const written = (schema: object): string => JSON.stringify(schema, null, 2);

export type ReadSchema =
  | { schema: Record<string, unknown> }
  /** `why` is null for JSON that is no object, else what the parser says. */
  | { why: string | null };

/** The arguments' schema as it was typed. Whether it is a good one, the server says. */
export function readSchema(typed: string): ReadSchema {
  try {
    const value: unknown = JSON.parse(typed);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { why: null };
    return { schema: value as Record<string, unknown> };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

const common = (values: FormData, schema: Record<string, unknown>) => ({
  title: text(values, "title").trim(),
  description: text(values, "description").trim(),
  input_schema: schema,
});

export function newTool(values: FormData, schema: Record<string, unknown>): NewWorkflowTool {
  return {
    ...common(values, schema),
    name: text(values, "name").trim(),
    webhook_url: text(values, "webhook_url").trim(),
    secret: text(values, "secret"),
    is_enabled: true,
  };
}

/** `base` is null where n8n is not set up: then no address is asked for. */
export function changeOf(
  tool: WorkflowTool,
  base: string | null,
  values: FormData,
  schema: Record<string, unknown>,
): WorkflowToolPatch {
  const secret = text(values, "secret");
  const url = text(values, "webhook_url").trim();
  return {
    ...common(values, schema),
    ...(base !== null && url !== base + tool.webhook_path ? { webhook_url: url } : {}),
    // An empty field says nothing, so that the stored passphrase stays.
    ...(secret ? { secret } : {}),
  };
}
