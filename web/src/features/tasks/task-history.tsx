import { useQuery } from "@tanstack/react-query";
import { GitPullRequestArrow } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { keys } from "./cache";
import { calls } from "./calls";
import { ChangesetCard } from "./changeset-card";
import { FieldDiff } from "./field-diff";
import type { HistoryEntry } from "./model";

const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** Who changed what, newest first. What came from a changeset can be undone from here. */
export function TaskHistory({ taskId }: { taskId: string }) {
  const { t } = useTranslation("tasks");
  const { data } = useQuery({
    queryKey: keys.history(taskId),
    queryFn: ({ signal }) => calls.listHistory(taskId, signal),
  });
  if (!data || data.items.length === 0) return null;
  return (
    <section aria-label={t("history.title")}>
      <h3 className="mb-2 font-semibold text-sm">{t("history.title")}</h3>
      <ol className="ml-1 flex flex-col gap-2 border-l pl-4">
        {data.items.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
    </section>
  );
}

function Entry({ entry }: { entry: HistoryEntry }) {
  const { t } = useTranslation("tasks");
  const [open, setOpen] = useState(false);
  const before = Object.fromEntries(entry.changes.map((change) => [change.field, change.before]));
  const after = Object.fromEntries(entry.changes.map((change) => [change.field, change.after]));
  return (
    <li className="text-sm">
      <div className="flex flex-wrap items-center gap-x-4">
        <p className="relative flex min-h-7 items-center gap-2 before:absolute before:top-2.5 before:-left-[20.5px] before:size-2 before:rounded-full before:bg-control">
          <span className="font-medium">{entry.actor.name}</span>
          <time dateTime={entry.at} className="text-faint text-xs">
            {WHEN.format(new Date(entry.at))}
          </time>
        </p>
        {entry.changeset_id && (
          <Button
            size="sm"
            variant="ghost"
            icon={GitPullRequestArrow}
            className="-ml-2.5"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {t("history.changeset")}
          </Button>
        )}
      </div>
      <FieldDiff before={entry.version === 1 ? null : before} after={after} />
      {open && entry.changeset_id && (
        <div className="mt-2">
          <ChangesetCard changesetId={entry.changeset_id} />
        </div>
      )}
    </li>
  );
}
