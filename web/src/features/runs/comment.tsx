import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Bot, Circle, CircleCheck, CircleX, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { ago } from "@/features/settings/when";
import { keys as taskKeys } from "@/features/tasks/cache";
import { exactly } from "@/features/usage/call-state";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Markdown } from "@/markdown/markdown";
import { Avatar } from "@/ui/avatar";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Textarea } from "@/ui/input";
import { toast } from "@/ui/toast";
import { type Comment, calls } from "./comment-calls";
import type { Run } from "./model";
import { Review } from "./review";

type Delivery = NonNullable<Comment["delivery"]>;

const TONES: Record<Delivery["outcome"], Tone> = {
  succeeded: "ok",
  needs_review: "warn",
  failed: "danger",
};

export interface CommentItemProps {
  comment: Comment;
  /** The run that says it, where it is one's own. */
  run: Run | undefined;
  isMine: boolean;
  /** The newest delivery: it alone is for review. */
  isLast: boolean;
}

/** One thing that was said: a note, or a question, an answer and a delivery of a run. */
export function CommentItem({ comment, run, isMine, isLast }: CommentItemProps) {
  const { t } = useTranslation("runs");
  const [editing, setEditing] = useState(false);
  const byRun = comment.kind === "question" || comment.kind === "delivery";
  return (
    <li className="flex gap-2.5">
      {byRun ? (
        <span
          aria-hidden
          className="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-ink"
        >
          <Bot size={14} />
        </span>
      ) : (
        <Avatar name={comment.author.name} />
      )}
      <div className="min-w-0 flex-1">
        <div className="flex min-h-6 flex-wrap items-center gap-x-2 gap-y-1 text-sm">
          <span className="min-w-0 truncate font-medium">
            {byRun ? t("comments.agentOf", { name: comment.author.name }) : comment.author.name}
          </span>
          <Sort comment={comment} run={run} />
          <time
            dateTime={comment.created_at}
            title={exactly(comment.created_at)}
            className="text-faint text-xs"
          >
            {ago(comment.created_at)}
            {comment.edited_at && ` · ${t("comments.edited")}`}
          </time>
          {isMine && !editing && <Actions comment={comment} onEdit={() => setEditing(true)} />}
        </div>
        {editing ? (
          <Editor comment={comment} onClose={() => setEditing(false)} />
        ) : (
          <div className="text-sm">
            <Markdown text={comment.text} />
          </div>
        )}
        {comment.delivery && <Evidence delivery={comment.delivery} />}
        {isLast && run?.review === "waiting" && (
          <div className="mt-3">
            <Review run={run} heading="h4" />
          </div>
        )}
      </div>
    </li>
  );
}

/** What kind of thing it is, and how it stands. */
function Sort({ comment, run }: { comment: Comment; run: Run | undefined }) {
  const { t } = useTranslation("runs");
  const { kind, is_open, delivery } = comment;
  return (
    <>
      {kind === "question" && (
        <Badge tone={is_open ? "warn" : "neutral"}>
          {t(is_open ? "comments.question" : "comments.asked")}
        </Badge>
      )}
      {kind === "answer" && <Badge>{t("comments.answer")}</Badge>}
      {delivery && (
        <Badge tone={TONES[delivery.outcome]}>{t(`handover.outcome.${delivery.outcome}`)}</Badge>
      )}
      {delivery && run?.review && (
        <Badge tone={run.review === "waiting" ? "accent" : "neutral"}>
          {t(`handover.review.${run.review}`)}
        </Badge>
      )}
      {run && (
        <Link
          to="/runs/$id"
          params={{ id: run.id }}
          className="text-muted text-xs underline hover:text-ink"
        >
          {t("comments.run")}
        </Link>
      )}
    </>
  );
}

/** By what each criterion can be seen, and what the check said of it. */
function Evidence({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("runs");
  const { proofs, reason, outcome } = delivery;
  return (
    <>
      {reason && outcome === "needs_review" && (
        <p className="mt-2 text-pretty text-sm text-warn-ink">{reason}</p>
      )}
      {proofs.length > 0 && (
        <ul aria-label={t("report.evidence")} className="mt-3 flex flex-col gap-2 text-sm">
          {proofs.map((proof, place) => {
            const word = proof.met === null ? "unchecked" : proof.met ? "met" : "unmet";
            const Icon = proof.met === null ? Circle : proof.met ? CircleCheck : CircleX;
            return (
              // oxlint-disable-next-line react/no-array-index-key -- criteria have no ids and may repeat
              <li key={place} className="flex gap-2">
                <Icon
                  aria-hidden
                  size={15}
                  className={clsx(
                    "mt-0.5 shrink-0",
                    word === "met" && "text-ok-ink",
                    word === "unmet" && "text-warn-ink",
                    word === "unchecked" && "text-faint",
                  )}
                />
                <span className="min-w-0">
                  <span className="text-pretty break-words font-medium">{proof.criterion}</span>
                  <span className="sr-only">: {t(`criteria.${word}`)}</span>
                  {proof.evidence && (
                    <span className="block text-pretty break-words">{proof.evidence}</span>
                  )}
                  {proof.why && (
                    <span className="block text-pretty break-words text-muted text-xs">
                      {t("handover.checked", { why: proof.why })}
                    </span>
                  )}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

function Actions({ comment, onEdit }: { comment: Comment; onEdit: () => void }) {
  const { t } = useTranslation("runs");
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => calls.remove(comment),
    onError: (error) => void toast.error(toProblem(error).message),
    onSettled: () =>
      void queries.invalidateQueries({ queryKey: taskKeys.comments(comment.task_id) }),
  });
  return (
    <span className="ml-auto flex">
      {comment.kind === "note" && (
        <IconButton size="sm" icon={Pencil} label={t("comments.edit")} onClick={onEdit} />
      )}
      <IconButton
        size="sm"
        icon={Trash2}
        label={t("comments.delete")}
        disabled={remove.isPending}
        onClick={() => remove.mutate()}
      />
    </span>
  );
}

function Editor({ comment, onClose }: { comment: Comment; onClose: () => void }) {
  const { t } = useTranslation("runs");
  const queries = useQueryClient();
  const [text, setText] = useState(comment.text);
  const save = useMutation({
    mutationFn: () => calls.edit(comment, text.trim()),
    onSuccess: onClose,
    onError: (error) => void toast.error(toProblem(error).message),
    onSettled: () =>
      void queries.invalidateQueries({ queryKey: taskKeys.comments(comment.task_id) }),
  });
  const submit = () => text.trim() && !save.isPending && save.mutate();
  return (
    <div className="flex flex-col gap-2">
      <Textarea
        autoFocus
        rows={2}
        maxLength={20_000}
        value={text}
        aria-label={t("comments.edit")}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit();
          if (event.key === "Escape") {
            event.stopPropagation();
            onClose();
          }
        }}
      />
      <div className="flex justify-end gap-2">
        <Button size="sm" onClick={onClose}>
          {t("comments.cancel")}
        </Button>
        <Button
          size="sm"
          variant="primary"
          disabled={!text.trim()}
          loading={save.isPending}
          onClick={submit}
        >
          {t("comments.save")}
        </Button>
      </div>
    </div>
  );
}
