import {
  type InfiniteData,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { MessageSquareText } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { keys as taskKeys } from "@/features/tasks/cache";
import { LoadFailed } from "@/features/tasks/load-failed";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useRole } from "@/lib/session/role";
import { useSession } from "@/lib/session/session";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { CommentItem } from "./comment";
import { type Comment, type CommentsPage, calls } from "./comment-calls";
import { canHear } from "./model";
import { keys as runKeys, useRunsOf } from "./queries";

function useComments(taskId: string) {
  const list = useInfiniteQuery<
    CommentsPage,
    Error,
    InfiniteData<CommentsPage>,
    readonly unknown[],
    string | undefined
  >({
    queryKey: taskKeys.comments(taskId),
    queryFn: ({ pageParam, signal }) => calls.listComments(taskId, pageParam, signal),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  // The server has the newest first; people read from the oldest on.
  const comments = useMemo(
    () => list.data?.pages.flatMap((page) => page.items).toReversed() ?? [],
    [list.data],
  );
  return { ...list, comments };
}

/** What people and their agents say about a task. */
export function TaskComments({ taskId }: { taskId: string }) {
  const { t } = useTranslation("runs");
  const list = useComments(taskId);
  const runs = useRunsOf(taskId);
  const me = useSession((session) => (session.status === "signed-in" ? session.user.id : null));
  const mayWrite = useRole() !== "viewer";
  const { comments } = list;
  const question = comments.findLast((each) => each.is_open && each.author.id === me) ?? null;
  const last = comments.findLast((each) => each.kind === "delivery")?.id;
  const runOf = (comment: Comment) => runs.data?.find((run) => run.id === comment.run_id);
  return (
    <section aria-label={t("comments.title")}>
      <h3 className="mb-2 font-semibold text-sm">{t("comments.title")}</h3>
      {list.isPending && <SkeletonRows rows={2} />}
      {list.error && <LoadFailed error={list.error} onRetry={() => void list.refetch()} />}
      {list.hasNextPage && (
        <Button
          size="sm"
          variant="ghost"
          className="-ml-2.5 mb-2"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("comments.earlier")}
        </Button>
      )}
      {list.isSuccess && comments.length === 0 && (
        <p className="mb-2 flex items-center gap-2 text-muted text-sm">
          <MessageSquareText aria-hidden size={15} className="shrink-0" />
          {t("comments.empty")}
        </p>
      )}
      {comments.length > 0 && (
        <ol className="mb-3 flex flex-col gap-4">
          {comments.map((comment) => (
            <CommentItem
              key={comment.id}
              comment={comment}
              run={runOf(comment)}
              isMine={comment.author.id === me && mayWrite}
              isLast={comment.id === last}
            />
          ))}
        </ol>
      )}
      {mayWrite && (
        <Composer
          key={question?.id ?? "note"}
          taskId={taskId}
          question={question}
          isHeard={runs.data?.some((run) => canHear(run) && run.parent_run_id === null) ?? false}
        />
      )}
    </section>
  );
}

/** Says something, which one's own runs at work hear; while one of them asks, it answers. */
function Composer({
  taskId,
  question,
  isHeard,
}: {
  taskId: string;
  question: Comment | null;
  isHeard: boolean;
}) {
  const { t } = useTranslation("runs");
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const say = useMutation({
    mutationFn: (answers: string | null) => calls.say(taskId, text.trim(), answers),
    onSuccess: () => {
      setText("");
      field.current?.focus();
    },
    onError: (error) => void toast.error(toProblem(error).message),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: taskKeys.comments(taskId) });
      void queries.invalidateQueries({ queryKey: runKeys.lists });
    },
  });
  const send = (answers: string | null) => text.trim() && !say.isPending && say.mutate(answers);
  const label = t(question ? "comments.answerLabel" : "comments.label");
  const placeholder = isHeard && !question ? t("comments.heard") : label;
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        send(question?.id ?? null);
      }}
    >
      <Field label={label} hideLabel>
        {(control) => (
          <Textarea
            {...control}
            ref={field}
            rows={2}
            maxHeight={320}
            value={text}
            maxLength={20_000}
            placeholder={placeholder}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
                event.preventDefault();
                send(question?.id ?? null);
              }
            }}
          />
        )}
      </Field>
      <div className="flex flex-wrap justify-end gap-2">
        {question && (
          <Button size="sm" disabled={!text.trim() || say.isPending} onClick={() => send(null)}>
            {t("comments.only")}
          </Button>
        )}
        <Button
          size="sm"
          type="submit"
          variant={text.trim() ? "primary" : "secondary"}
          disabled={!text.trim()}
          loading={say.isPending}
        >
          {t(question ? "question.send" : "comments.send")}
        </Button>
      </div>
    </form>
  );
}
