import { create } from "zustand";
import { type Attachment, isSame, withAttachment } from "@/features/attachments/model";
import { useSession } from "@/lib/session/session";
import { storage } from "@/lib/storage";
import { AUTO, type Choice, type Mode } from "./model";

interface ChatState {
  mode: Mode;
  /** The model for the next new conversation: the one chosen last. */
  choice: Choice;
  /** The conversation in the pane; null is a new one. */
  paneId: string | null;
  /** What was typed and not sent, by conversation ("new" before there is one). */
  drafts: Readonly<Record<string, string>>;
  /** What goes with the drafts; it lasts as long as the page. */
  attachments: Readonly<Record<string, readonly Attachment[]>>;
  /** Search all documents for the next answers. */
  knowledge: boolean;
}

const MAX_DRAFTS = 50;
export const NEW = "new";

function readChoice(): Choice {
  const stored = storage.get("chat.choice") ?? "auto";
  const name = stored.slice(stored.indexOf(":") + 1);
  if (stored.startsWith("slot:")) return { slot: name } as Choice;
  if (stored.startsWith("model:")) return { model: name };
  return AUTO;
}

/** Drafts are a person's words: they last as long as the tab, not on the disk. */
function readDrafts(): Record<string, string> {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem("vectal.drafts") ?? "{}");
    return typeof stored === "object" && stored !== null ? (stored as Record<string, string>) : {};
  } catch {
    return {};
  }
}

export const useChatState = create<ChatState>()(() => ({
  mode: storage.get("chat.mode") === "act" ? "act" : "ask",
  choice: readChoice(),
  paneId: storage.get("chat.pane"),
  drafts: readDrafts(),
  attachments: {},
  knowledge: storage.get("chat.knowledge") === "on",
}));

export function chooseKnowledge(knowledge: boolean): void {
  storage.set("chat.knowledge", knowledge ? "on" : null);
  useChatState.setState({ knowledge });
}

export function keepAttachments(conversationId: string | null, list: readonly Attachment[]): void {
  const { [conversationId ?? NEW]: _old, ...rest } = useChatState.getState().attachments;
  const others = Object.fromEntries(Object.entries(rest).slice(1 - MAX_DRAFTS));
  const attachments = list.length > 0 ? { ...others, [conversationId ?? NEW]: list } : others;
  useChatState.setState({ attachments });
}

const attachmentsOf = (conversationId: string | null): readonly Attachment[] =>
  useChatState.getState().attachments[conversationId ?? NEW] ?? [];

export function attach(conversationId: string | null, attachment: Attachment): void {
  keepAttachments(conversationId, withAttachment(attachmentsOf(conversationId), attachment));
}

/** Puts one in the place of another, or takes it away; nothing when that is gone already. */
export function replaceAttachment(
  conversationId: string | null,
  old: Attachment,
  next: Attachment | null,
): void {
  const list = attachmentsOf(conversationId);
  const changed = list.flatMap((one) => (!isSame(one, old) ? [one] : next ? [next] : []));
  keepAttachments(conversationId, changed);
}

export function chooseMode(mode: Mode): void {
  storage.set("chat.mode", mode);
  useChatState.setState({ mode });
}

export function toggleMode(): void {
  chooseMode(useChatState.getState().mode === "ask" ? "act" : "ask");
}

export function rememberChoice(choice: Choice, key: string): void {
  storage.set("chat.choice", key);
  useChatState.setState({ choice });
}

export function showInPane(paneId: string | null): void {
  storage.set("chat.pane", paneId);
  useChatState.setState({ paneId });
}

export function keepDraft(conversationId: string | null, text: string): void {
  const { [conversationId ?? NEW]: _old, ...rest } = useChatState.getState().drafts;
  const others = Object.entries(rest).slice(1 - MAX_DRAFTS);
  const drafts = Object.fromEntries(text ? [...others, [conversationId ?? NEW, text]] : others);
  useChatState.setState({ drafts });
  try {
    sessionStorage.setItem("vectal.drafts", JSON.stringify(drafts));
  } catch {
    // Full or blocked: the draft then lives as long as the page.
  }
}

// The next person at this browser sees nothing of the last one.
useSession.subscribe((now, before) => {
  if (before.status !== "signed-in" || now.status === "signed-in") return;
  showInPane(null);
  useChatState.setState({ drafts: {}, attachments: {} });
  try {
    sessionStorage.removeItem("vectal.drafts");
  } catch {
    // Blocked: nothing was kept either.
  }
});
