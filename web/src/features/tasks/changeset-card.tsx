import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { clsx } from "clsx";
import { Check, GitPullRequestArrow, Undo2, X } from "lucide-react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge, type Tone } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { keys, refreshListsSoon, takeChangeset } from "./cache";
import { calls } from "./calls";
import { EditItem, Proposed } from "./edited-item";
import { FieldDiff } from "./field-diff";
import type { Changeset, ChangesetItem } from "./model";

const TONES: Record<Changeset["status"] | ChangesetItem["status"], Tone> = {
  pending: "accent",
  partly: "info",
  accepted: "ok",
  rejected: "neutral",
  undone: "neutral",
  superseded: "neutral",
  conflict: "warn",
};

type Verb = "accept" | "reject" | "undo";
interface Decision {
  verb: Verb;
  items?: string[];
  force?: boolean;
}

function useDecide(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ verb, items, force }: Decision) =>
      calls.decide(id, verb, {
        ...(items ? { item_ids: items } : {}),
        ...(force ? { force } : {}),
      }),
    onSuccess: (changeset) => {
      takeChangeset(queries, changeset);
      refreshListsSoon(queries);
    },
    onError: (error) => {
      toast.error(toProblem(error).message);
      void queries.invalidateQueries({ queryKey: keys.changeset(id) });
    },
  });
}

/** A changeset as a diff: what a model proposes, to accept, reject or undo item by item. */
export function ChangesetCard({ changesetId }: { changesetId: string }) {
  const { t } = useTranslation("tasks");
  const query = useQuery({
    queryKey: keys.changeset(changesetId),
    queryFn: ({ signal }) => calls.getChangeset(changesetId, signal),
  });
  const decide = useDecide(changesetId);
  if (query.isPending) return <Skeleton className="h-24 w-full rounded-md" />;
  if (query.error) {
    return <Banner tone="danger">{toProblem(query.error).message}</Banner>;
  }
  const changeset = query.data;
  const pending = changeset.items.filter((item) => item.status === "pending");
  const applied = changeset.items.filter((item) => item.status === "accepted");
  return (
    <section
      aria-label={t("changeset.label", { title: changeset.title })}
      className="overflow-hidden rounded-md border bg-raised shadow-panel"
    >
      <header className="flex items-center gap-2 border-b px-3 py-2">
        <GitPullRequestArrow aria-hidden size={15} className="shrink-0 text-accent-ink" />
        <h3 className="min-w-0 flex-1 truncate font-medium text-sm">{changeset.title}</h3>
        <Badge tone={TONES[changeset.status]}>{t(`changeset.status.${changeset.status}`)}</Badge>
      </header>
      <ul>
        {changeset.items.map((item) => (
          <Item
            key={item.id}
            changesetId={changeset.id}
            item={item}
            busy={decide.isPending}
            superseded={changeset.status === "superseded"}
            onDecide={(verb, force) =>
              decide.mutate({ verb, items: [item.id], ...(force ? { force } : {}) })
            }
          />
        ))}
      </ul>
      {changeset.status !== "superseded" && (pending.length > 0 || applied.length > 0) && (
        <footer className="flex flex-wrap justify-end gap-2 border-t px-3 py-2">
          {pending.length > 0 && (
            <>
              <Button
                size="sm"
                variant="ghost"
                disabled={decide.isPending}
                onClick={() => decide.mutate({ verb: "reject" })}
              >
                {t("changeset.rejectAll", { count: pending.length })}
              </Button>
              <Button
                size="sm"
                variant="primary"
                icon={Check}
                loading={decide.isPending}
                onClick={() => decide.mutate({ verb: "accept" })}
              >
                {t("changeset.acceptAll", { count: pending.length })}
              </Button>
            </>
          )}
          {pending.length === 0 && (
            <Button
              size="sm"
              icon={Undo2}
              loading={decide.isPending}
              onClick={() => decide.mutate({ verb: "undo" })}
            >
              {t("changeset.undoAll", { count: applied.length })}
            </Button>
          )}
        </footer>
      )}
    </section>
  );
}

interface ItemProps {
  changesetId: string;
  item: ChangesetItem;
  busy: boolean;
  superseded: boolean;
  onDecide: (verb: Verb, force?: boolean) => void;
}

function Item({ changesetId, item, busy, superseded, onDecide }: ItemProps) {
  const { t } = useTranslation("tasks");
  const isOpen = !superseded && (item.status === "pending" || isStuck(item));
  const quiet = superseded || item.status === "rejected" || item.status === "undone";
  return (
    <li className="border-t px-3 py-2 first:border-t-0">
      <div className="flex min-h-7 items-center gap-2">
        <span className="shrink-0 text-faint text-xs">{t(`changeset.op.${item.operation}`)}</span>
        <span
          className={clsx(
            "min-w-0 flex-1 text-pretty break-words text-sm",
            quiet ? "line-through" : "font-medium",
          )}
        >
          {item.title}
        </span>
        {isOpen && <EditItem changesetId={changesetId} item={item} disabled={busy} />}
        {item.status === "pending" && !superseded && (
          <>
            <IconButton
              icon={X}
              disabled={busy}
              label={t("changeset.reject", { title: item.title })}
              onClick={() => onDecide("reject")}
            />
            <IconButton
              icon={Check}
              disabled={busy}
              label={t("changeset.accept", { title: item.title })}
              onClick={() => onDecide("accept")}
            />
          </>
        )}
        {item.status === "accepted" && (
          <IconButton
            icon={Undo2}
            disabled={busy}
            label={t("changeset.undo", { title: item.title })}
            onClick={() => onDecide("undo")}
          />
        )}
        {item.status !== "pending" && (
          <Badge tone={TONES[item.status]}>{t(`changeset.status.${item.status}`)}</Badge>
        )}
      </div>
      <FieldDiff before={item.before} after={item.after} />
      <Proposed item={item} />
      {item.conflict && (
        <Banner
          tone="warn"
          className="mt-2"
          action={
            <Button
              size="sm"
              disabled={busy}
              onClick={() => onDecide(item.is_applied ? "undo" : "accept", true)}
            >
              {t(item.is_applied ? "changeset.force" : "changeset.forceAccept")}
            </Button>
          }
        >
          {t("changeset.conflict", { fields: item.conflict.fields.join(", ") })}
        </Banner>
      )}
    </li>
  );
}

/** What accepting it met is told; what undoing it met is no proposal any more. */
const isStuck = (item: ChangesetItem): boolean => item.status === "conflict" && !item.is_applied;
