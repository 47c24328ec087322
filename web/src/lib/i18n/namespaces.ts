import type approvals from "@/locales/en/approvals.json";
import type auth from "@/locales/en/auth.json";
import type calendar from "@/locales/en/calendar.json";
import type chat from "@/locales/en/chat.json";
import type egress from "@/locales/en/egress.json";
import type files from "@/locales/en/files.json";
import type imports from "@/locales/en/imports.json";
import type mcp from "@/locales/en/mcp.json";
import type memories from "@/locales/en/memories.json";
import type notifications from "@/locales/en/notifications.json";
import type oauth from "@/locales/en/oauth.json";
import type research from "@/locales/en/research.json";
import type routing from "@/locales/en/routing.json";
import type runs from "@/locales/en/runs.json";
import type schedules from "@/locales/en/schedules.json";
import type settings from "@/locales/en/settings.json";
import type shared from "@/locales/en/shared.json";
import type tasks from "@/locales/en/tasks.json";
import type usage from "@/locales/en/usage.json";
import type workflows from "@/locales/en/workflows.json";

/** Every string file, so that `t()` knows each key. A new file is added here and nowhere else. */
export interface Strings {
  shared: typeof shared;
  approvals: typeof approvals;
  auth: typeof auth;
  tasks: typeof tasks;
  calendar: typeof calendar;
  chat: typeof chat;
  egress: typeof egress;
  files: typeof files;
  imports: typeof imports;
  mcp: typeof mcp;
  oauth: typeof oauth;
  memories: typeof memories;
  notifications: typeof notifications;
  research: typeof research;
  routing: typeof routing;
  runs: typeof runs;
  schedules: typeof schedules;
  settings: typeof settings;
  usage: typeof usage;
  workflows: typeof workflows;
}

export type Namespace = keyof Strings;

/** What stands in the place of `{{name}}`; `count` also chooses the plural. */
export type Values = Readonly<Record<string, string | number | null | undefined>>;

type Singular<Key extends string> = Key extends `${infer Base}_one`
  ? Base
  : Key extends `${infer Base}_other`
    ? Base
    : Key;

type KeysOf<Texts> = {
  [Key in keyof Texts & string]: Texts[Key] extends string
    ? Singular<Key>
    : `${Key}.${KeysOf<Texts[Key]>}`;
}[keyof Texts & string];

export type Translate<N extends Namespace = "shared"> = (
  key: KeysOf<Strings[N]>,
  values?: Values,
) => string;
