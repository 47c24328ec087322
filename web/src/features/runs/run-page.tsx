import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft, History, Send } from "lucide-react";
import { useMemo, useState } from "react";
import { Page } from "@/app/shell/page";
import { LoadProblem } from "@/features/settings/section";
import { ChangesetCard } from "@/features/tasks/changeset-card";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Textarea } from "@/ui/input";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { calls } from "./calls";
import { ApprovalCard, DoubtCard, QuestionCard, ReviewCard } from "./cards";
import { Controls } from "./controls";
import { type JournalEntry, type Story, tell } from "./journal";
import { Meters } from "./meters";
import { hasEnded, type Run } from "./model";
import { Criteria, Plan, Report } from "./outline";
import { useJournal, useLiveRuns, useMove, useRun } from "./queries";
import { Review } from "./review";
import { RunAgents } from "./run-agents";
import { StateBadge } from "./state-badge";
import { Timeline } from "./timeline";

const route = getRouteApi("/app/runs/$id");

/** One run: what it is to do, what it did, what it waits with. */
export function RunPage() {
  const { t } = useTranslation("runs");
  const { id } = route.useParams();
  const run = useRun(id);
  const journal = useJournal(id, run.data?.last_seq);
  useLiveRuns();
  const title = run.data?.goal.split("\n", 1)[0] ?? t("title");
  return (
    <Page
      title={title}
      width="full"
      heading={
        <div className="flex min-w-0 items-center gap-2">
          <Link
            to="/runs"
            aria-label={t("title")}
            className="-ml-1.5 grid size-7 shrink-0 place-items-center rounded-sm text-muted hover:bg-hover hover:text-ink touch:size-11"
          >
            <ArrowLeft aria-hidden size={16} />
          </Link>
          <h1 className="truncate font-semibold text-lg tracking-[-0.012em]">{title}</h1>
        </div>
      }
      actions={run.data && <Controls run={run.data} />}
    >
      {run.isPending && <SkeletonRows rows={6} />}
      {run.error && <LoadProblem error={run.error} onRetry={() => void run.refetch()} />}
      {run.data && <Loaded run={run.data} entries={journal.entries} />}
    </Page>
  );
}

function Loaded({ run, entries }: { run: Run; entries: readonly JournalEntry[] }) {
  const { t } = useTranslation("runs");
  const [until, setUntil] = useState<number | null>(null);
  const now = useMemo(() => tell(entries), [entries]);
  const story = useMemo(() => (until === null ? now : tell(entries, until)), [entries, until, now]);
  return (
    <div className="mx-auto grid max-w-[1080px] grid-cols-1 gap-x-8 gap-y-5 @3xl:grid-cols-[minmax(0,1fr)_17rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <div className="flex flex-wrap items-center gap-1.5">
          <StateBadge state={run.state} />
          {run.taint.includes("untrusted") && <Badge tone="warn">{t("timeline.tainted")}</Badge>}
        </div>
        {run.goal.includes("\n") && (
          <p className="whitespace-pre-wrap text-pretty break-words text-sm">{run.goal}</p>
        )}
        {run.error && run.state === "failed" && <Banner tone="danger">{run.error.detail}</Banner>}
        <Asks run={run} story={now} />
        <RunAgents run={run} />
        <Report story={story} />
        {run.review === "waiting" ? <Review run={run} heading="h2" /> : <Changes story={story} />}
        <section aria-label={t("timeline.title")}>
          <div className="mb-1 flex items-center gap-2">
            <h2 className="font-semibold text-sm">{t("timeline.title")}</h2>
            <IconButton
              size="sm"
              icon={History}
              label={t("timeline.replay")}
              aria-pressed={until !== null}
              onClick={() => setUntil(until === null ? now.seq : null)}
            />
          </div>
          {until !== null && <Replay at={until} last={now.seq} onAt={setUntil} />}
          <Timeline moments={story.moments} />
        </section>
        {!hasEnded(run) && <Steer run={run} />}
      </div>
      <aside className="flex flex-col gap-6">
        <Criteria story={story} />
        <Plan story={story} />
        <Meters run={run} />
      </aside>
    </div>
  );
}

/** What the run waits with, for a person to decide. */
function Asks({ run, story }: { run: Run; story: Story }) {
  const { approval, question, doubt } = story;
  const decide = useMove<{ approved: boolean; note: string }>(run.id, ({ approved, note }) =>
    calls.decide(run.id, approval?.id ?? "", approval?.sha256 ?? "", approved, note),
  );
  const answer = useMove<string>(run.id, (text) => calls.answer(run.id, text));
  const settle = useMove<"done" | "not_done">(run.id, (outcome) => calls.settle(run.id, outcome));
  const close = useMove<void>(run.id, () => calls.close(run.id));
  if (run.state === "waiting_for_approval" && approval) {
    return (
      <ApprovalCard
        key={approval.id}
        approval={approval}
        busy={decide.isPending}
        onDecide={(approved, note) => decide.mutate({ approved, note })}
      />
    );
  }
  if (run.state === "waiting_for_input" && question !== null) {
    return (
      <QuestionCard
        key={question}
        question={question}
        busy={answer.isPending}
        onAnswer={(text) => answer.mutate(text)}
      />
    );
  }
  if (run.state === "needs_review" && doubt) {
    return (
      <DoubtCard call={doubt} busy={settle.isPending} onSettle={(how) => settle.mutate(how)} />
    );
  }
  if (run.state === "needs_review" && run.review === null) {
    return (
      <ReviewCard
        reason={run.error?.detail ?? ""}
        busy={close.isPending}
        onClose={() => close.mutate()}
      />
    );
  }
  return null;
}

function Changes({ story }: { story: Story }) {
  const { t } = useTranslation("runs");
  if (story.changesets.length === 0) return null;
  return (
    <section aria-label={t("changes.title")} className="flex flex-col gap-2">
      <h2 className="font-semibold text-sm">{t("changes.title")}</h2>
      {story.changesets.map((id) => (
        <ChangesetCard key={id} changesetId={id} />
      ))}
    </section>
  );
}

interface ReplayProps {
  at: number;
  last: number;
  onAt: (seq: number) => void;
}

/** Looks at the run as it stood at any entry of its journal. */
function Replay({ at, last, onAt }: ReplayProps) {
  const { t } = useTranslation("runs");
  const label = t("timeline.at", { seq: at, last });
  return (
    <label className="mb-2 flex items-center gap-3 rounded-sm bg-sunken px-3 py-2 text-muted text-xs">
      <input
        type="range"
        min={1}
        max={Math.max(1, last)}
        value={at}
        aria-valuetext={label}
        onChange={(event) => onAt(Number(event.target.value))}
        className="h-1.5 min-w-0 flex-1 appearance-none rounded-full bg-active [&::-moz-range-thumb]:size-4 [&::-moz-range-thumb]:rounded-full [&::-moz-range-thumb]:border-0 [&::-moz-range-thumb]:bg-accent [&::-webkit-slider-thumb]:size-4 [&::-webkit-slider-thumb]:appearance-none [&::-webkit-slider-thumb]:rounded-full [&::-webkit-slider-thumb]:bg-accent"
      />
      <span className="tabular-nums">{label}</span>
    </label>
  );
}

/** A word to the agent in mid run. After a check that failed it sends the run back to work. */
function Steer({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const [text, setText] = useState("");
  const review = run.state === "needs_review";
  const steer = useMove<string>(run.id, (words) =>
    review ? calls.settle(run.id, null, words) : calls.steer(run.id, words),
  );
  const send = () => {
    const words = text.trim();
    if (!words || steer.isPending) return;
    steer.mutate(words, {
      onSuccess: () => {
        setText("");
        toast.show(t("steer.sent"));
      },
    });
  };
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Field label={t("steer.label")} hideLabel className="flex-1">
        {(control) => (
          <Textarea
            {...control}
            rows={1}
            maxHeight={160}
            value={text}
            maxLength={8_000}
            placeholder={t("steer.placeholder")}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey) {
                event.preventDefault();
                send();
              }
            }}
          />
        )}
      </Field>
      <Button type="submit" icon={Send} disabled={!text.trim()} loading={steer.isPending}>
        {t(review ? "review.again" : "steer.send")}
      </Button>
    </form>
  );
}
