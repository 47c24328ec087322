import type { components } from "@/lib/api/schema";

export type AttachmentKind = components["schemas"]["AttachmentInput"]["kind"];
export type StoredFile = components["schemas"]["File"];

/** Something that goes with a message. `progress` (0 to 1) is that of a file on its way up. */
export interface Attachment {
  kind: AttachmentKind;
  id: string;
  name: string;
  progress?: number;
}

export const MAX_ATTACHMENTS = 20;

export const isSame = (a: Attachment, b: Attachment): boolean => a.kind === b.kind && a.id === b.id;

/** With one more; at its place if it was there. */
export function withAttachment(list: readonly Attachment[], added: Attachment): Attachment[] {
  const at = list.findIndex((one) => isSame(one, added));
  if (at >= 0) return list.with(at, added);
  return list.length < MAX_ATTACHMENTS ? [...list, added] : [...list];
}

/** The word behind an @ that ends at `caret`; null when none is being written. */
export function mentionAt(text: string, caret: number): { from: number; query: string } | null {
  const found = /(?:^|[\s(])@([^\s@]{0,40})$/u.exec(text.slice(0, caret));
  if (!found) return null;
  const query = found[1] ?? "";
  return { from: caret - query.length - 1, query };
}

/** Names that hold the words of `query`; those that begin with it come first. */
export function matching<Named extends { name: string }>(all: readonly Named[], query: string) {
  const wanted = query.trim().toLocaleLowerCase();
  if (wanted === "") return [...all];
  const found = all.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const begins = ({ name }: Named) => (name.toLocaleLowerCase().startsWith(wanted) ? 0 : 1);
  return found.toSorted((a, b) => begins(a) - begins(b));
}
