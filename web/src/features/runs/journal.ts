/** The journal of a run, as `GET /api/v1/runs/{run_id}/journal` tells it. */

export interface JournalEntry {
  seq: number;
  kind: string;
  at: string;
  data: Record<string, unknown>;
}

export interface PlanStep {
  text: string;
  done: boolean;
}

export interface Judged {
  met: boolean;
  why: string;
}

export interface Evidence {
  criterion: string;
  evidence: string;
}

export interface Call {
  id: string;
  tool: string;
  title: string;
  /** As the model wrote them; null where that is no JSON object. */
  arguments: Record<string, unknown> | null;
  raw: string;
  effect: string;
  /** Null while it is made. */
  ok: boolean | null;
  summary: string;
  content: string;
  changesetId: string | null;
  /** It was never made. */
  refused: boolean;
}

export interface Approval {
  id: string;
  callId: string;
  tool: string;
  title: string;
  arguments: Record<string, unknown> | null;
  raw: string;
  why: string;
  expiresAt: string;
  sha256: string;
}

/** One thing that happened, as the timeline shows it. `seq` is its first entry. */
export type Moment = { seq: number; at: string } & (
  | { type: "thought"; text: string; reasoning: string; model: string; cost: number | null }
  | { type: "thinking"; checks: boolean }
  | { type: "failed"; detail: string }
  | { type: "call"; call: Call }
  | { type: "received"; origin: string; text: string }
  | { type: "said"; text: string }
  | { type: "asked"; question: string }
  | { type: "answered"; text: string }
  | {
      type: "approval";
      approval: Approval;
      approved: boolean | null;
      note: string;
      /** Decided on the page of a mailed link. */
      byMail: boolean;
    }
  | { type: "check"; round: number; criteria: readonly Judged[] }
  | { type: "moved"; state: string; reason: string }
);

/** All that a run's page shows of its journal. */
export interface Story {
  seq: number;
  goal: string;
  criteria: readonly string[];
  plan: readonly PlanStep[];
  /** What the newest check said of each criterion. */
  verdicts: readonly Judged[];
  moments: readonly Moment[];
  approval: Approval | null;
  question: string | null;
  /** The call whose outcome nobody knows. */
  doubt: Call | null;
  report: string | null;
  evidence: readonly Evidence[];
  changesets: readonly string[];
  state: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function parsed(raw: string): Record<string, unknown> | null {
  try {
    return record(JSON.parse(raw));
  } catch {
    return null; // The model wrote something else: it is shown as written.
  }
}

const judgedOf = (value: unknown): Judged[] =>
  list(value).map((each) => {
    const one = record(each);
    return { met: one?.met === true, why: text(one?.why) };
  });

const evidenceOf = (value: unknown): Evidence[] =>
  list(value).map((each) => {
    const one = record(each);
    return { criterion: text(one?.criterion), evidence: text(one?.evidence) };
  });

interface Mutable extends Omit<Story, "moments" | "changesets"> {
  moments: Moment[];
  changesets: string[];
  calls: Map<string, Call>;
  thinking: { seq: number; at: string; checks: boolean } | null;
}

type Taker = (story: Mutable, entry: JournalEntry) => void;

function callOf({ data }: JournalEntry): Call {
  const raw = text(data.arguments);
  return {
    id: text(data.call_id),
    tool: text(data.tool),
    title: text(data.title) || text(data.tool),
    arguments: parsed(raw),
    raw,
    effect: text(data.effect),
    ok: null,
    summary: "",
    content: "",
    changesetId: null,
    refused: false,
  };
}

function endCall(story: Mutable, entry: JournalEntry): void {
  const { seq, at, data } = entry;
  const begun = story.calls.get(text(data.call_id));
  const ended: Call = {
    ...(begun ?? callOf(entry)),
    ok: data.ok === true,
    summary: text(data.summary),
    content: text(data.content),
    changesetId: typeof data.changeset_id === "string" ? data.changeset_id : null,
    refused: data.refused === true,
  };
  story.calls.set(ended.id, ended);
  story.doubt = null;
  if (ended.changesetId && !story.changesets.includes(ended.changesetId)) {
    story.changesets.push(ended.changesetId);
  }
  const place = story.moments.findIndex((one) => one.type === "call" && one.call.id === ended.id);
  const known = story.moments[place];
  if (known) story.moments[place] = { seq: known.seq, at: known.at, type: "call", call: ended };
  else story.moments.push({ seq, at, type: "call", call: ended });
}

/** A call that waits for a person, from the fields of its entry, or of the page of a mailed link. */
export function approvalOf(data: JournalEntry["data"]): Approval {
  const raw = text(data.arguments);
  return {
    id: text(data.approval_id),
    callId: text(data.call_id),
    tool: text(data.tool),
    title: text(data.title) || text(data.tool),
    arguments: parsed(raw),
    raw,
    why: text(data.why),
    expiresAt: text(data.expires_at),
    sha256: text(data.sha256),
  };
}

function decide(story: Mutable, { data }: JournalEntry): void {
  const id = text(data.approval_id);
  if (story.approval?.id === id) story.approval = null;
  story.moments = story.moments.map((one) =>
    one.type === "approval" && one.approval.id === id
      ? {
          ...one,
          approved: data.approved === true,
          note: text(data.note),
          byMail: data.via === "mail_link",
        }
      : one,
  );
}

/** Another engine takes a run and hands it back for every step: that is no news. */
function isStep(story: Mutable, data: JournalEntry["data"]): boolean {
  if (data.move === "hand_back") return true;
  return (
    data.move === "claim" && Number(data.attempt) > 1 && story.moments.at(-1)?.type !== "moved"
  );
}

const TAKERS: Readonly<Record<string, Taker>> = {
  created: (story, { data }) => {
    story.goal = text(data.goal);
    story.criteria = list(data.criteria).map(text);
  },
  moved: (story, { seq, at, data }) => {
    story.state = text(data.state);
    const reason = text(data.reason);
    if (reason || !isStep(story, data)) {
      story.moments.push({ seq, at, type: "moved", state: story.state, reason });
    }
    if (data.code === "agents.call_in_doubt") {
      story.doubt = [...story.calls.values()].find(({ ok }) => ok === null) ?? null;
    }
  },
  engine_changed: (story, { seq, at, data }) => {
    story.moments.push({ seq, at, type: "moved", state: story.state, reason: text(data.reason) });
  },
  think_begun: (story, { seq, at, data }) => {
    story.thinking = { seq, at, checks: data.prompt === "agent-check" };
  },
  think_ended: (story, { seq, at, data }) => {
    const checks = story.thinking?.checks === true;
    story.thinking = null;
    if (checks) return;
    const said = list(data.parts).map(record);
    const joined = (type: string) =>
      said.map((part) => (part?.type === type ? text(part.text) : "")).join("");
    const cost =
      data.cost_usd === undefined || data.cost_usd === null ? null : Number(data.cost_usd);
    const [words, reasoning] = [joined("text").trim(), joined("reasoning").trim()];
    if (!words && !reasoning) return;
    story.moments.push({
      seq,
      at,
      type: "thought",
      text: words,
      reasoning,
      model: text(data.model),
      cost,
    });
  },
  think_failed: (story, { seq, at, data }) => {
    story.thinking = null;
    story.moments.push({ seq, at, type: "failed", detail: text(data.detail) });
  },
  call_begun: (story, entry) => {
    const call = callOf(entry);
    // A call that a crash cut off is begun again under its id.
    const known = story.calls.has(call.id);
    story.calls.set(call.id, call);
    if (!known) story.moments.push({ seq: entry.seq, at: entry.at, type: "call", call });
  },
  call_ended: endCall,
  received: (story, { seq, at, data }) => {
    const [origin, words] = [text(data.origin), text(data.text)];
    story.moments.push({ seq, at, type: "received", origin, text: words });
  },
  steered: (story, { seq, at, data }) => {
    story.moments.push({ seq, at, type: "said", text: text(data.text) });
  },
  input_asked: (story, { seq, at, data }) => {
    story.question = text(data.question);
    story.moments.push({ seq, at, type: "asked", question: story.question });
  },
  input_given: (story, { seq, at, data }) => {
    story.question = null;
    story.moments.push({ seq, at, type: "answered", text: text(data.text) });
  },
  approval_asked: (story, { seq, at, data }) => {
    story.approval = approvalOf(data);
    story.moments.push({
      seq,
      at,
      type: "approval",
      approval: story.approval,
      approved: null,
      note: "",
      byMail: false,
    });
  },
  approval_decided: decide,
  planned: (story, { data }) => {
    story.plan = list(data.steps).map((each) => {
      const step = record(each);
      return { text: text(step?.text), done: step?.done === true };
    });
  },
  check_ended: (story, { seq, at, data }) => {
    story.verdicts = judgedOf(data.criteria);
    story.moments.push({
      seq,
      at,
      type: "check",
      round: Number(data.round) || 1,
      criteria: story.verdicts,
    });
  },
  settled: (story, { data }) => {
    story.doubt = null;
    const call = story.calls.get(text(data.call_id));
    if (call && data.outcome === "not_done") story.calls.delete(call.id);
  },
  reported: (story, { data }) => {
    story.report = text(data.report);
    story.evidence = evidenceOf(data.evidence);
  },
};

/**
 * What the entries up to number `until` add up to. The same entries always tell the same story, so
 * a run can be looked at as it stood at any of them.
 */
export function tell(entries: readonly JournalEntry[], until = Number.POSITIVE_INFINITY): Story {
  const story: Mutable = {
    seq: 0,
    goal: "",
    criteria: [],
    plan: [],
    verdicts: [],
    moments: [],
    approval: null,
    question: null,
    doubt: null,
    report: null,
    evidence: [],
    changesets: [],
    state: "queued",
    calls: new Map(),
    thinking: null,
  };
  for (const entry of entries) {
    if (entry.seq > until) break;
    story.seq = entry.seq;
    // A newer server may know kinds that this page does not: they change nothing here.
    TAKERS[entry.kind]?.(story, entry);
  }
  const { calls: _, thinking, ...rest } = story;
  if (thinking) {
    const { seq, at, checks } = thinking;
    rest.moments = [...rest.moments, { seq, at, type: "thinking", checks }];
  }
  return rest;
}
