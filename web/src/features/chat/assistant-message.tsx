import { Brain, ChevronRight } from "lucide-react";
import { memo, type ReactNode, useCallback, useMemo, useSyncExternalStore } from "react";
import { ChangesetCard } from "@/features/tasks/changeset-card";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Markdown, StreamingMarkdown } from "@/markdown/markdown";
import { MarkContext } from "@/markdown/marks";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { AnswerFooter } from "./answer-footer";
import { CitationMark } from "./citation-mark";
import { markedParts } from "./citations";
import { feedOf } from "./feeds";
import type { Message, ToolCall, Turn } from "./model";
import { SourceList } from "./source-list";
import { ToolRow } from "./tool-row";
import type { FeedView, TurnFeed } from "./turn-feed";

export interface AssistantMessageProps {
  message: Message;
  busy: boolean;
  onRegenerate: (message: Message) => void;
  onBranch: (id: string) => void;
}

/** An answer: as it is written, or as it is stored. */
export const AssistantMessage = memo((props: AssistantMessageProps) => {
  const { t } = useTranslation("chat");
  const feed = feedOf(props.message);
  return (
    <article aria-label={t("vectal")} className="min-w-0">
      {feed ? <FromFeed feed={feed} {...props} /> : <FromStore {...props} />}
    </article>
  );
});

function FromFeed({ feed, ...props }: AssistantMessageProps & { feed: TurnFeed }) {
  const { t } = useTranslation("chat");
  const view = useSyncExternalStore(feed.subscribe, feed.view);
  const running = view.ended === null;
  const calls = view.segments.flatMap((s) => (s.kind === "tool" ? [s.call] : []));
  // Numbers become citations once they have been checked.
  if (view.ended && view.ended.message.citations.length > 0) {
    return (
      <FromStore
        {...props}
        message={{ ...view.ended.message, sibling_ids: siblings(props, view) }}
      />
    );
  }
  return (
    <>
      {view.attempt > 1 && running && <p className="mb-2 text-muted text-sm">{t("restarted")}</p>}
      {view.reasoning && (
        <Reasoning open={running && view.segments.length === 0}>
          <StreamingMarkdown stream={view.reasoning} />
        </Reasoning>
      )}
      {view.segments.map((segment) =>
        segment.kind === "text" ? (
          <StreamingMarkdown key={segment.key} stream={segment.stream} />
        ) : (
          <Tool key={segment.key} call={segment.call} calls={calls} running={running} />
        ),
      )}
      {view.ended ? (
        <Ending
          {...props}
          message={{ ...view.ended.message, sibling_ids: siblings(props, view) }}
        />
      ) : (
        <Waiting view={view} />
      )}
    </>
  );
}

/** The list knows of answers that were written beside this one since. */
function siblings({ message }: AssistantMessageProps, view: FeedView): string[] {
  const stored = view.ended?.message.sibling_ids ?? [];
  return message.sibling_ids.length > stored.length ? message.sibling_ids : stored;
}

function FromStore(props: AssistantMessageProps) {
  const { message } = props;
  const { citations } = message;
  const calls = message.turn?.tool_calls ?? [];
  const texts = useMemo(() => markedParts(message), [message]);
  const mark = useCallback(
    (index: number) => citations[index] && <CitationMark citation={citations[index]} />,
    [citations],
  );
  return (
    <MarkContext value={mark}>
      {message.reasoning && (
        <Reasoning open={false}>
          <Markdown text={message.reasoning} />
        </Reasoning>
      )}
      {message.parts.map((part, i) => {
        const place = `${message.id}.${i}`;
        if (part.type === "text") return <Markdown key={place} text={texts[i] ?? ""} />;
        const call = calls.find((known) => known.call_id === part.call_id);
        return call && <Tool key={place} call={call} calls={calls} running={false} />;
      })}
      <Ending {...props} />
    </MarkContext>
  );
}

interface ToolProps {
  call: ToolCall;
  calls: readonly ToolCall[];
  running: boolean;
}

/** A turn gathers its changes in one changeset: its card stands below the last call that added to it. */
function Tool({ call, calls, running }: ToolProps) {
  const id = call.changeset_id;
  const last = id !== null && calls.findLast((other) => other.changeset_id === id) === call;
  return (
    <>
      <ToolRow call={call} running={running} />
      {last && (
        <div className="my-3">
          <ChangesetCard changesetId={id} />
        </div>
      )}
    </>
  );
}

function Reasoning({ open, children }: { open: boolean; children: ReactNode }) {
  const { t } = useTranslation("chat");
  return (
    <details className="group/why mb-2 text-sm" open={open}>
      <summary className="flex h-7 w-fit cursor-default list-none items-center gap-2 rounded-sm px-1.5 text-muted hover:bg-hover touch:h-11 [&::-webkit-details-marker]:hidden">
        <Brain aria-hidden size={14} />
        {t("reasoning")}
        <ChevronRight
          aria-hidden
          size={14}
          className="text-faint transition-transform duration-100 group-open/why:rotate-90"
        />
      </summary>
      <div className="mt-1 ml-3 border-l-2 pl-3 text-muted">{children}</div>
    </details>
  );
}

/** Shown until the first word, and again while a tool has been asked. */
function Waiting({ view }: { view: FeedView }) {
  const { t } = useTranslation("chat");
  const last = view.segments.at(-1);
  if (last?.kind === "text") return null;
  return (
    <p className="flex h-6 items-center gap-2 text-faint text-sm">
      <span aria-hidden className="flex gap-1">
        {["0ms", "160ms", "320ms"].map((delay) => (
          <span
            key={delay}
            className="size-1.5 animate-pulse rounded-full bg-current motion-reduce:animate-none"
            style={{ animationDelay: delay }}
          />
        ))}
      </span>
      {view.routed ? t("writing", { model: view.routed.model }) : t("thinking")}
    </p>
  );
}

function Ending({ message, busy, onRegenerate, onBranch }: AssistantMessageProps) {
  const { turn } = message;
  if (!turn || message.status === "streaming") return null;
  return (
    <>
      <Outcome turn={turn} busy={busy} onRetry={() => onRegenerate(message)} />
      <SourceList message={message} />
      <AnswerFooter
        message={message}
        turn={turn}
        busy={busy}
        onRegenerate={() => onRegenerate(message)}
        onBranch={onBranch}
      />
    </>
  );
}

/** Why an answer is not whole. What was written stays above. */
function Outcome({ turn, busy, onRetry }: { turn: Turn; busy: boolean; onRetry: () => void }) {
  const { t } = useTranslation("chat");
  const retry = (
    <Button size="sm" disabled={busy} onClick={onRetry}>
      {t("retry")}
    </Button>
  );
  if (turn.status === "failed") {
    return (
      <Banner tone="warn" className="my-2" title={t("failed")} action={retry}>
        {turn.error?.detail}
      </Banner>
    );
  }
  if (turn.status === "stopped") {
    return (
      <p className="my-1 flex items-center gap-3 text-muted text-sm">
        {t("stopped")} {retry}
      </p>
    );
  }
  const reason = FINISHES.find((known) => known === turn.finish_reason);
  return reason ? <p className="my-1 text-muted text-sm">{t(`finish.${reason}`)}</p> : null;
}

const FINISHES = ["length", "content_filter", "tool_limit", "refusal"] as const;
