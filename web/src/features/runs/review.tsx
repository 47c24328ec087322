import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Undo2 } from "lucide-react";
import { useId, useState } from "react";
import { keys as taskKeys } from "@/features/tasks/cache";
import { calls as taskCalls } from "@/features/tasks/calls";
import { EditItem, Proposed } from "@/features/tasks/edited-item";
import { FieldDiff } from "@/features/tasks/field-diff";
import type { ChangesetItem } from "@/features/tasks/model";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { calls } from "./comment-calls";
import type { Run } from "./model";
import { keys } from "./queries";

const changesKey = (runId: string) => ["changesets", "run", runId] as const;
const waits = (item: ChangesetItem) => item.status === "pending" || item.status === "conflict";
const NO_ITEMS: readonly ChangesetItem[] = [];

/** All that a decision about a run may change on screen. */
function useRefresh(run: Run) {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: keys.all });
    void queries.invalidateQueries({ queryKey: ["changesets"] });
    void queries.invalidateQueries({ queryKey: taskKeys.lists });
    if (run.task_id) void queries.invalidateQueries({ queryKey: taskKeys.task(run.task_id) });
  };
}

/** What a run hands in, to take or to send back: its changes, each left checked or not. */
export function Review({ run, heading: Heading }: { run: Run; heading: "h2" | "h4" }) {
  const { t } = useTranslation("runs");
  const refresh = useRefresh(run);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [returning, setReturning] = useState(false);
  const changes = useQuery({
    queryKey: changesKey(run.id),
    queryFn: ({ signal }) => calls.findChanges(run.id, signal),
  });
  const items = changes.data?.items.filter(waits) ?? NO_ITEMS;
  const accept = useMutation({
    mutationFn: () =>
      calls.accept(
        run.id,
        items.filter((item) => !left.has(item.id)).map((item) => item.id),
      ),
    onSuccess: () => void toast.show(t(`handover.accepted.${run.kind}`)),
    onError: (error) => void toast.error(toProblem(error).message),
    onSettled: refresh,
  });
  const toggle = (id: string, take: boolean) =>
    setLeft((before) => {
      const now = new Set(before);
      if (take) now.delete(id);
      else now.add(id);
      return now;
    });
  return (
    <section
      aria-label={t("handover.title")}
      className="rounded-md border border-accent bg-raised px-4 py-3 shadow-panel"
    >
      <Heading className="mb-1 font-semibold text-sm">{t("handover.title")}</Heading>
      <p className="text-pretty text-muted text-sm">{t(`handover.body.${run.kind}`)}</p>
      {changes.isPending && <Skeleton className="mt-3 h-12 w-full rounded-sm" />}
      {items.length > 0 && (
        <ul aria-label={t("changes.title")} className="mt-2">
          {items.map((item) => (
            <Change
              key={item.id}
              item={item}
              changesetId={changes.data?.id ?? ""}
              taken={!left.has(item.id)}
              onTake={(take) => toggle(item.id, take)}
              onForced={refresh}
            />
          ))}
        </ul>
      )}
      {returning ? (
        <SendBack run={run} onClose={() => setReturning(false)} onSent={refresh} />
      ) : (
        <div className="mt-3 flex flex-wrap justify-end gap-2">
          <Button icon={Undo2} disabled={accept.isPending} onClick={() => setReturning(true)}>
            {t("handover.sendBack")}
          </Button>
          <Button
            icon={Check}
            variant="primary"
            loading={accept.isPending}
            disabled={!changes.isSuccess}
            onClick={() => accept.mutate()}
          >
            {t("handover.accept")}
          </Button>
        </div>
      )}
    </section>
  );
}

interface ChangeProps {
  item: ChangesetItem;
  changesetId: string;
  taken: boolean;
  onTake: (take: boolean) => void;
  onForced: () => void;
}

function Change({ item, changesetId, taken, onTake, onForced }: ChangeProps) {
  const { t } = useTranslation("runs");
  const tasks = useTranslation("tasks");
  const id = useId();
  const force = useMutation({
    mutationFn: () => taskCalls.decide(changesetId, "accept", { item_ids: [item.id], force: true }),
    onError: (error) => void toast.error(toProblem(error).message),
    onSettled: onForced,
  });
  return (
    <li className="flex gap-2.5 border-t py-2 first:border-t-0">
      <Checkbox
        id={id}
        className="mt-0.5"
        checked={taken}
        onCheckedChange={(checked) => onTake(checked === true)}
      />
      <div className="min-w-0 flex-1">
        <label htmlFor={id} className="flex gap-2 text-sm">
          <span className="shrink-0 text-faint">{tasks.t(`changeset.op.${item.operation}`)}</span>
          <span className="min-w-0 text-pretty break-words font-medium">{item.title}</span>
        </label>
        <FieldDiff before={item.before} after={item.after} />
        <Proposed item={item} />
        {item.conflict && (
          <p className="mt-1 flex flex-wrap items-center gap-2 text-sm text-warn-ink">
            {tasks.t("changeset.conflict", { fields: item.conflict.fields.join(", ") })}
            <Button size="sm" loading={force.isPending} onClick={() => force.mutate()}>
              {t("handover.force")}
            </Button>
          </p>
        )}
      </div>
      <EditItem changesetId={changesetId} item={item} onClosed={onForced} />
    </li>
  );
}

interface SendBackProps {
  run: Run;
  onClose: () => void;
  onSent: () => void;
}

function SendBack({ run, onClose, onSent }: SendBackProps) {
  const { t } = useTranslation("runs");
  const [text, setText] = useState("");
  const send = useMutation({
    mutationFn: () => calls.sendBack(run.id, text.trim()),
    onSuccess: () => {
      toast.show(t("handover.sentBack"));
      onClose();
    },
    onError: (error) => void toast.error(toProblem(error).message),
    onSettled: onSent,
  });
  const submit = () => text.trim() && !send.isPending && send.mutate();
  return (
    <form
      className="mt-3 flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field label={t("handover.missing")} hint={t("handover.missingHint")}>
        {(control) => (
          <Textarea
            {...control}
            autoFocus
            rows={2}
            maxHeight={240}
            value={text}
            maxLength={8_000}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit();
            }}
          />
        )}
      </Field>
      <div className="flex flex-wrap justify-end gap-2">
        <Button disabled={send.isPending} onClick={onClose}>
          {t("handover.keep")}
        </Button>
        <Button
          type="submit"
          variant="primary"
          icon={Undo2}
          loading={send.isPending}
          disabled={!text.trim()}
        >
          {t("handover.sendBack")}
        </Button>
      </div>
    </form>
  );
}
