import { ArrowRight } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { dueWords } from "./due";
import { useProjects, useTaskTitle } from "./queries";

const SHOWN = [
  "title",
  "notes",
  "status",
  "priority",
  "due_on",
  "due_at",
  "labels",
  "project_id",
  "parent_id",
  "assignee_id",
  "starts_on",
  "ends_on",
  "starts_at",
  "ends_at",
  "rule",
  "place",
  "visibility",
  "skips",
  "text",
] as const;
type Field = (typeof SHOWN)[number];

function useValue(): (field: Field, value: unknown) => string {
  const { t } = useTranslation("tasks");
  const projects = useProjects();
  return (field, value) => {
    if (value === null || value === undefined || value === "") return t("diff.none");
    if (field === "project_id") {
      return projects.find((project) => project.id === value)?.name ?? t("diff.set");
    }
    if (field === "assignee_id") return t("diff.set");
    if (Array.isArray(value) && field !== "skips")
      return value.length > 0 ? value.join(", ") : t("diff.none");
    if (field === "status" && typeof value === "string") return t(`status.${value as "todo"}`);
    if (field === "priority") return t(`priority.p${Number(value) as 1 | 2 | 3 | 4}`);
    if (field === "due_on") return dueWords({ due_on: String(value), due_at: null });
    if ((field === "starts_at" || field === "ends_at") && typeof value === "string") {
      return new Date(value).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
    }
    if (field === "skips" && Array.isArray(value)) return t("diff.skips", { count: value.length });
    if (field === "due_at") return dueWords({ due_on: null, due_at: String(value) });
    return typeof value === "string" ? value : JSON.stringify(value);
  };
}

export interface FieldDiffProps {
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/** What changes, field by field: the old value struck through, the new one beside it. */
export function FieldDiff({ before, after }: FieldDiffProps) {
  const { t } = useTranslation("tasks");
  const say = useValue();
  const changed = SHOWN.filter((field) => {
    if (!after || !(field in after)) return false;
    const [old, now] = [before?.[field], after[field]];
    // A new task starts with defaults that nobody needs to read.
    // A subtask is in its parent's project.
    if (!before && field === "project_id" && after.parent_id) return false;
    if (
      !before &&
      (field === "title" || now === null || now === "" || now === "todo" || now === "private")
    )
      return false;
    if (!before && (field === "priority" ? now === 4 : Array.isArray(now) && now.length === 0)) {
      return false;
    }
    return JSON.stringify(old ?? null) !== JSON.stringify(now ?? null);
  });
  if (changed.length === 0) return null;
  return (
    <dl className="mt-1 grid gap-x-3 gap-y-0.5 text-xs [grid-template-columns:max-content_1fr]">
      {changed.map((field) => (
        <div key={field} className="contents">
          <dt className="text-faint">{t(`field.${field}`)}</dt>
          <dd className="flex min-w-0 flex-wrap items-baseline gap-x-1.5">
            {before && (
              <>
                <del className="text-muted decoration-danger-ink/60">
                  {field === "parent_id" && typeof before[field] === "string" ? (
                    <TaskTitle id={before[field]} />
                  ) : (
                    say(field, before[field])
                  )}
                </del>
                <ArrowRight aria-hidden size={11} className="self-center text-faint" />
              </>
            )}
            <ins className="min-w-0 text-pretty break-words text-ink no-underline">
              {field === "parent_id" && typeof after?.[field] === "string" ? (
                <TaskTitle id={after[field]} />
              ) : (
                say(field, after?.[field])
              )}
            </ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The title of a task that a change refers to; it may be one that is only proposed. */
function TaskTitle({ id }: { id: string }) {
  const { t } = useTranslation("tasks");
  return <>{useTaskTitle(id) ?? t("diff.proposed")}</>;
}
