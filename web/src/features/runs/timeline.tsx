import { clsx } from "clsx";
import {
  Check,
  ChevronRight,
  CircleHelp,
  CircleSlash,
  Hand,
  Inbox,
  ListChecks,
  type LucideIcon,
  MessageSquare,
  Sparkles,
  TriangleAlert,
} from "lucide-react";
import type { ReactNode } from "react";
import { dollars } from "@/features/chat/numbers";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Markdown } from "@/markdown/markdown";
import { Spinner } from "@/ui/spinner";
import type { Call, Moment } from "./journal";
import type { RunState } from "./model";
import { Raw } from "./raw";

interface RowProps {
  at: string;
  icon: ReactNode;
  children: ReactNode;
}

const CLOCK = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

function Row({ at, icon, children }: RowProps) {
  return (
    <li className="grid grid-cols-[1rem_minmax(0,1fr)_auto] gap-x-2.5 py-1.5 text-sm">
      <span className="mt-0.5 grid h-4 place-items-center">{icon}</span>
      <div className="min-w-0">{children}</div>
      <time dateTime={at} title={exactly(at)} className="mt-0.5 text-faint text-xs tabular-nums">
        {CLOCK.format(new Date(at))}
      </time>
    </li>
  );
}

const small = (Icon: LucideIcon, tone = "text-faint") => (
  <Icon aria-hidden size={14} className={tone} />
);

function CallIcon({ call }: { call: Call }) {
  if (call.refused) return small(CircleSlash);
  if (call.ok === null) return <Spinner size={14} />;
  return call.ok ? small(Check, "text-ok-ink") : small(TriangleAlert, "text-warn-ink");
}

function Detail({ label, children }: { label: string; children: string }) {
  return (
    <>
      <p className="mt-1.5 text-faint text-xs">{label}</p>
      <Raw className="mt-0.5 max-h-64 text-muted">{children}</Raw>
    </>
  );
}

/** A call in a line; what it was asked with and what it gave opens below. */
function CallRow({ call }: { call: Call }) {
  const { t } = useTranslation("runs");
  const word = call.refused ? "refused" : call.ok === null ? "running" : call.ok ? "ok" : "bad";
  return (
    <details className="group">
      <summary className="flex cursor-default list-none items-center gap-2 rounded-sm hover:bg-hover touch:min-h-11 [&::-webkit-details-marker]:hidden">
        <span className="sr-only">{t(`timeline.${word}`)}</span>
        <span className="shrink-0 font-medium">{call.title}</span>
        <span className="min-w-0 flex-1 truncate text-faint">{call.summary}</span>
        <ChevronRight
          aria-hidden
          size={14}
          className="shrink-0 text-faint transition-transform duration-100 group-open:rotate-90"
        />
      </summary>
      <Detail label={t("timeline.arguments")}>
        {call.arguments ? JSON.stringify(call.arguments, null, 2) : call.raw}
      </Detail>
      {call.content && <Detail label={t("timeline.result")}>{call.content}</Detail>}
    </details>
  );
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <p className="text-muted text-xs">{label}</p>
      <p className="text-pretty break-words">{children}</p>
    </>
  );
}

function Thought({ moment }: { moment: Extract<Moment, { type: "thought" }> }) {
  const { t } = useTranslation("runs");
  const { text, reasoning, model, cost } = moment;
  return (
    <>
      {text && <Markdown text={text} />}
      {reasoning && (
        <details className="text-muted">
          <summary className="cursor-default text-xs hover:text-ink">
            {t("timeline.reasoning")}
          </summary>
          <p className="mt-1 whitespace-pre-wrap text-pretty break-words text-xs">{reasoning}</p>
        </details>
      )}
      {model && (
        <p className="mt-0.5 text-faint text-xs tabular-nums">
          {t("timeline.by", { model })}
          {cost !== null && ` · ${dollars(cost)}`}
        </p>
      )}
    </>
  );
}

function MomentRow({ moment }: { moment: Moment }) {
  const { t } = useTranslation("runs");
  const { at } = moment;
  switch (moment.type) {
    case "thought":
      return (
        <Row at={at} icon={small(Sparkles, "text-accent-ink")}>
          <Thought moment={moment} />
        </Row>
      );
    case "thinking":
      return (
        <Row at={at} icon={<Spinner size={14} />}>
          <p className="text-muted">
            {t(moment.checks ? "timeline.checking" : "timeline.thinking")}
          </p>
        </Row>
      );
    case "failed":
      return (
        <Row at={at} icon={small(TriangleAlert, "text-warn-ink")}>
          <p>{t("timeline.failed", { detail: moment.detail })}</p>
        </Row>
      );
    case "call":
      return (
        <Row at={at} icon={<CallIcon call={moment.call} />}>
          <CallRow call={moment.call} />
        </Row>
      );
    case "received":
      return (
        <Row at={at} icon={small(Inbox)}>
          <Detail label={t("timeline.received", { origin: moment.origin })}>{moment.text}</Detail>
        </Row>
      );
    case "said":
    case "answered":
      return (
        <Row at={at} icon={small(MessageSquare)}>
          <Labelled label={t(`timeline.${moment.type}`)}>{moment.text}</Labelled>
        </Row>
      );
    case "asked":
      return (
        <Row at={at} icon={small(CircleHelp, "text-warn-ink")}>
          <Labelled label={t("timeline.asked")}>{moment.question}</Labelled>
        </Row>
      );
    case "approval": {
      const word = moment.approved === null ? "open" : moment.approved ? "approved" : "denied";
      return (
        <Row at={at} icon={small(Hand, moment.approved === null ? "text-warn-ink" : "text-faint")}>
          <p>
            {t("timeline.askedApproval", { title: moment.approval.title })}:{" "}
            <span className="font-medium">{t(`timeline.${word}`)}</span>
            {moment.byMail && <span className="text-muted"> {t("timeline.byMail")}</span>}
          </p>
          {moment.note && <p className="text-muted text-xs">{moment.note}</p>}
        </Row>
      );
    }
    case "check": {
      const met = moment.criteria.filter((each) => each.met).length;
      const values = { round: moment.round, met, all: moment.criteria.length };
      return (
        <Row at={at} icon={small(ListChecks)}>
          <p>{t("timeline.check", values)}</p>
        </Row>
      );
    }
    case "moved":
      return (
        <Row at={at} icon={<span aria-hidden className="size-1.5 rounded-full bg-line" />}>
          <p className={clsx("text-faint text-xs")}>
            {t(`state.${moment.state as RunState}`)}
            {moment.reason && ` · ${moment.reason}`}
          </p>
        </Row>
      );
  }
}

/** Thoughts, calls, questions and decisions in the order in which they came. */
export function Timeline({ moments }: { moments: readonly Moment[] }) {
  const { t } = useTranslation("runs");
  return (
    <ol aria-label={t("timeline.title")} className="flex flex-col">
      {moments.map((moment) => (
        <MomentRow key={`${moment.seq}-${moment.type}`} moment={moment} />
      ))}
    </ol>
  );
}
