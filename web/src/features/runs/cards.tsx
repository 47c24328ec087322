import { Check, CircleHelp, Eye, Hand, type LucideIcon, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import type { Approval, Call } from "./journal";
import { Raw } from "./raw";

interface AskCardProps {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  actions: ReactNode;
}

/** Something that only a person can decide: it stands above everything else of the run. */
function AskCard({ icon: Icon, title, children, actions }: AskCardProps) {
  return (
    <section
      aria-label={title}
      className="rounded-md border border-warn bg-raised px-4 py-3 shadow-panel"
    >
      <h2 className="mb-2 flex items-center gap-2 font-semibold text-base">
        <Icon aria-hidden size={16} className="text-warn-ink" />
        {title}
      </h2>
      <div className="flex flex-col gap-3 text-sm">{children}</div>
      <div className="mt-3 flex flex-wrap justify-end gap-2">{actions}</div>
    </section>
  );
}

/** The call as it stands. A tool server chooses the title of a tool, so its name is there, too. */
function Exactly({
  title,
  tool,
  raw,
  fields,
}: {
  title: string;
  tool: string;
  raw: string;
  fields: Record<string, unknown> | null;
}) {
  const { t } = useTranslation("runs");
  return (
    <div>
      <p className="text-muted text-xs">{t("approval.call")}</p>
      <p className="break-words font-medium">
        {title} <code className="font-mono font-normal text-muted text-xs">{tool}</code>
      </p>
      <Raw className="mt-1 max-h-72">{fields ? JSON.stringify(fields, null, 2) : raw}</Raw>
    </div>
  );
}

interface ApprovalCardProps {
  approval: Approval;
  busy: boolean;
  onDecide: (approved: boolean, note: string) => void;
}

export function ApprovalCard({ approval, busy, onDecide }: ApprovalCardProps) {
  const { t } = useTranslation("runs");
  const [note, setNote] = useState("");
  return (
    <AskCard
      icon={Hand}
      title={t("approval.title")}
      actions={
        <>
          <Button icon={X} disabled={busy} onClick={() => onDecide(false, note.trim())}>
            {t("approval.deny")}
          </Button>
          <Button
            icon={Check}
            variant="primary"
            disabled={busy}
            onClick={() => onDecide(true, note.trim())}
          >
            {t("approval.approve")}
          </Button>
        </>
      }
    >
      <p className="text-pretty">{approval.why}</p>
      <Exactly
        title={approval.title}
        tool={approval.tool}
        raw={approval.raw}
        fields={approval.arguments}
      />
      <Field label={t("approval.note")}>
        {(control) => (
          <Input
            {...control}
            value={note}
            maxLength={2_000}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
      </Field>
      <p className="text-muted text-xs">
        {t("approval.expires", { when: exactly(approval.expiresAt) })}
      </p>
    </AskCard>
  );
}

interface QuestionCardProps {
  question: string;
  busy: boolean;
  onAnswer: (text: string) => void;
}

export function QuestionCard({ question, busy, onAnswer }: QuestionCardProps) {
  const { t } = useTranslation("runs");
  const [text, setText] = useState("");
  const send = () => text.trim() && onAnswer(text.trim());
  return (
    <AskCard
      icon={CircleHelp}
      title={t("question.title")}
      actions={
        <Button variant="primary" disabled={busy || !text.trim()} onClick={send}>
          {t("question.send")}
        </Button>
      }
    >
      <p className="whitespace-pre-wrap text-pretty break-words">{question}</p>
      <Field label={t("question.label")} hideLabel>
        {(control) => (
          <Textarea
            {...control}
            rows={2}
            maxHeight={240}
            value={text}
            maxLength={20_000}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) send();
            }}
          />
        )}
      </Field>
    </AskCard>
  );
}

interface DoubtCardProps {
  call: Call;
  busy: boolean;
  onSettle: (outcome: "done" | "not_done") => void;
}

/** A call that a crash cut off, and that may not be made twice. */
export function DoubtCard({ call, busy, onSettle }: DoubtCardProps) {
  const { t } = useTranslation("runs");
  return (
    <AskCard
      icon={Eye}
      title={t("doubt.title")}
      actions={
        <>
          <Button disabled={busy} onClick={() => onSettle("not_done")}>
            {t("doubt.notDone")}
          </Button>
          <Button variant="primary" disabled={busy} onClick={() => onSettle("done")}>
            {t("doubt.done")}
          </Button>
        </>
      }
    >
      <p className="text-pretty">{t("doubt.body")}</p>
      <Exactly title={call.title} tool={call.tool} raw={call.raw} fields={call.arguments} />
    </AskCard>
  );
}

interface ReviewCardProps {
  reason: string;
  busy: boolean;
  onClose: () => void;
}

/** A result that does not meet its criteria. */
export function ReviewCard({ reason, busy, onClose }: ReviewCardProps) {
  const { t } = useTranslation("runs");
  return (
    <AskCard
      icon={Eye}
      title={t("review.title")}
      actions={
        <Button disabled={busy} onClick={onClose}>
          {t("review.close")}
        </Button>
      }
    >
      {reason && <p className="text-pretty">{reason}</p>}
      <p className="text-pretty text-muted">{t("review.body")}</p>
    </AskCard>
  );
}
