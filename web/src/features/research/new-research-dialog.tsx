import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import { DEPTHS, type Depth } from "./model";
import { useBegin, useResearchStatus } from "./queries";

const SHORTEST = 3;
const MINUTE_S = 60;

interface NewResearchDialogProps {
  /** Of a research that is asked once more. */
  question?: string;
  onClose: () => void;
}

/** Asks a question of the web: what, how deep, and what it may cost. */
export function NewResearchDialog({ question = "", onClose }: NewResearchDialogProps) {
  const { t } = useTranslation("research");
  const navigate = useNavigate();
  const [asked, setAsked] = useState(question);
  const [depth, setDepth] = useState<Depth>("standard");
  const [cost, setCost] = useState<string | null>(null);
  const begin = useBegin();
  const usual = useResearchStatus().data?.depths[depth];
  const problem = begin.error ? toProblem(begin.error) : null;
  const words = asked.trim();
  const most = cost ?? usual?.cost_usd.toFixed(2) ?? "";
  const ready = words.length >= SHORTEST && most !== "";
  const submit = () => {
    if (!ready || begin.isPending) return;
    begin.mutate(
      { question: words, depth, cost_usd: most },
      {
        onSuccess: ({ id }) => {
          onClose();
          void navigate({ to: "/research/$id", params: { id } });
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("new")}
      footer={
        <Button variant="primary" loading={begin.isPending} disabled={!ready} onClick={submit}>
          {t("dialog.start")}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {problem && <Banner tone="danger">{problem.message}</Banner>}
        <Field
          label={t("dialog.question")}
          hint={t("dialog.questionHint")}
          error={problem?.fieldError("question")}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              maxHeight={220}
              maxLength={2_000}
              value={asked}
              onChange={(event) => setAsked(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit();
              }}
            />
          )}
        </Field>
        <div>
          <p className="mb-2 font-medium text-sm">{t("depth.label")}</p>
          <SegmentedControl
            label={t("depth.label")}
            value={depth}
            onChange={setDepth}
            segments={DEPTHS.map((value) => ({ value, label: t(`depth.${value}`) }))}
            className="max-sm:flex"
          />
          <p className="mt-1.5 min-h-4 text-muted text-xs">
            {usual &&
              t("depthHint", {
                count: usual.rounds,
                searches: usual.searches,
                pages: usual.pages,
                minutes: Math.round(usual.seconds / MINUTE_S),
              })}
          </p>
        </div>
        <Field
          label={t("dialog.cost")}
          hint={t("dialog.costHint")}
          error={problem?.fieldError("cost_usd")}
          className="sm:max-w-56"
        >
          {(control) => (
            <Input
              {...control}
              type="number"
              inputMode="decimal"
              min={0}
              max={50}
              step="any"
              value={most}
              onChange={(event) => setCost(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
