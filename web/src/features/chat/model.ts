import type { components } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type Conversation = Schemas["ConversationShape"];
export type Message = Schemas["MessageShape"];
export type MessagesPage = Schemas["Page_MessageShape_"];
export type Turn = Schemas["TurnShape"];
export type ToolCall = Schemas["ToolCallShape"];
export type TurnStarted = Schemas["TurnStartedShape"];
export type SearchHit = Schemas["SearchHitShape"];
export type Citation = Schemas["CitationShape"];
export type Source = Schemas["SourceShape"];
export type Choice = Conversation["choice"];
export type Mode = Turn["mode"];
export type Focus = Schemas["FocusShape"];

export const AUTO: Choice = { auto: true };

/** One text for a choice: to compare two, and as the value of a menu item. */
export function choiceKey(choice: Choice): string {
  if ("slot" in choice) return `slot:${choice.slot}`;
  if ("model" in choice) return `model:${choice.model}`;
  return "auto";
}

/** The account of an answer's context; see the server's `ai/context/ledger.py`. */
export interface Ledger {
  window: number;
  budget: number;
  used: number;
  cut: number;
  lines: LedgerLine[];
}

export interface LedgerLine {
  /** Its place in the ledger: labels repeat. */
  key: number;
  kind: string;
  label: string;
  state: "in" | "shortened" | "cut";
  tokens: number;
  cut_tokens: number;
  why: string | null;
}

const LINE_STATES = ["in", "shortened", "cut"] as const;

function asLine(value: unknown, key: number): LedgerLine[] {
  if (typeof value !== "object" || value === null) return [];
  const line = value as Partial<Record<keyof LedgerLine, unknown>>;
  const state = LINE_STATES.find((known) => known === line.state) ?? "in";
  return [
    {
      key,
      kind: String(line.kind ?? ""),
      label: String(line.label ?? ""),
      state,
      tokens: Number(line.tokens ?? 0),
      cut_tokens: Number(line.cut_tokens ?? 0),
      why: typeof line.why === "string" ? line.why : null,
    },
  ];
}

/** Reads a ledger; null when there is none. The wire leaves its members open. */
export function asLedger(value: Turn["ledger"] | undefined): Ledger | null {
  if (!value || !Array.isArray(value.lines)) return null;
  return {
    window: Number(value.window ?? 0),
    budget: Number(value.budget ?? 0),
    used: Number(value.used ?? 0),
    cut: Number(value.cut ?? 0),
    lines: value.lines.flatMap(asLine),
  };
}

/** Everything up to where `started` branches off, then its two messages. Both ways round: newest last. */
export function withTurn(messages: readonly Message[], started: TurnStarted): Message[] {
  const { user_message: asked, assistant_message: answer } = started;
  const at = messages.findIndex((message) => message.id === asked.parent_id);
  return [...messages.slice(0, at + 1), asked, answer];
}
