import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { Named } from "@/ui/combobox-match";
import { useMemberKeys, useMembers } from "./model";
import { useWhole } from "./whole-list";

/** Whom the page sets budgets for; a run has its own when it begins. */
export const SUBJECTS = ["workspace", "user", "key", "project"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** Those of one kind that a budget can be for, by name. */
export function useSubjects(kind: Subject) {
  const people = useMembers(kind === "user" || kind === "key");
  const keys = useMemberKeys(kind === "key");
  const projects = useWhole(["/api/v1/projects"], kind === "project", (query, signal) =>
    bodyOf(
      client.GET("/api/v1/projects", { params: { query: { ...query, archived: false } }, signal }),
    ),
  );
  const owners = new Map(people.items.map(({ user_id, display_name }) => [user_id, display_name]));
  const options: Record<Subject, readonly Named[]> = {
    workspace: [],
    user: people.items.map(({ user_id, display_name, email }) => ({
      value: user_id,
      label: display_name,
      hint: email,
    })),
    key: keys.items.map(({ id, name, hint, user_id }) => ({
      value: id,
      label: name,
      hint: [owners.get(user_id), hint].filter(Boolean).join(" · "),
    })),
    project: projects.items.map(({ id, name }) => ({ value: id, label: name })),
  };
  const asked = { workspace: null, user: people, key: keys, project: projects }[kind];
  return { loading: false, error: null, retry: () => undefined, ...asked, options: options[kind] };
}
