import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { type ProblemError, toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ConfigField } from "./config-field";
import {
  addressChanged,
  complaint,
  type Entered,
  foreseen,
  type ImportReport,
  sendImport,
} from "./model";
import { ProviderTable, type Tense } from "./provider-table";
import { ReferenceFields } from "./reference-fields";
import { ReportParts } from "./report-parts";

interface LiteLlmDialogProps {
  onClose: () => void;
  onImported: () => void;
}

/** Whether a field of what is shown says it already. */
function isTold(problem: ProblemError, report: ImportReport | null): boolean {
  if (report === null) return problem.fieldError("config") !== undefined;
  return report.references.some(({ name }) => complaint(problem, name) !== undefined);
}

/** The three steps of an import, and one call at a time. */
function useImport(onImported: () => void) {
  const [text, setText] = useState("");
  const [entered, setEntered] = useState<Entered>({});
  const [checked, setChecked] = useState<Entered>({});
  const [report, setReport] = useState<ImportReport | null>(null);
  const [round, setRound] = useState(0);
  const [busy, setBusy] = useState<"check" | "import" | null>(null);
  const [problem, setProblem] = useState<ProblemError | null>(null);

  async function send(what: "check" | "import"): Promise<void> {
    if (busy) return;
    setBusy(what);
    setProblem(null);
    try {
      setReport(await sendImport(text, entered, what === "check"));
      setChecked(entered);
      setRound(round + 1);
      if (what === "import") onImported();
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setBusy(null);
    }
  }

  function begin(file: string): void {
    setText(file);
    setProblem(null);
  }

  function back(): void {
    setReport(null);
    setProblem(null);
  }

  return {
    text,
    setText,
    entered,
    setEntered,
    checked,
    report,
    round,
    busy,
    problem,
    send,
    begin,
    back,
  };
}

export function LiteLlmDialog({ onClose, onImported }: LiteLlmDialogProps) {
  const { t } = useTranslation("imports");
  const steps = useImport(onImported);
  const { text, setText, entered, setEntered, report, problem } = steps;
  const isDone = report !== null && !report.dry_run;
  const moved = report !== null && addressChanged(report, entered, steps.checked);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("title")}
      {...(report ? {} : { description: t("lead") })}
      size="lg"
      footer={<Buttons steps={steps} moved={moved} onClose={onClose} />}
    >
      <div className="flex flex-col gap-5">
        {problem && !isTold(problem, report) && (
          <Banner tone="danger">{problem.detail || problem.title}</Banner>
        )}
        {report === null && (
          <ConfigField
            text={text}
            onChange={setText}
            onFile={steps.begin}
            problem={problem}
            returning={steps.round > 0}
          />
        )}
        {report && (
          <Report
            key={steps.round}
            report={report}
            entered={entered}
            tense={isDone ? "became" : "will"}
          >
            {!isDone && (
              <ReferenceFields
                report={report}
                entered={entered}
                onChange={setEntered}
                problem={problem}
              />
            )}
            {moved && <Banner tone="warn">{t("references.addressChanged")}</Banner>}
          </Report>
        )}
      </div>
    </Dialog>
  );
}

interface ButtonsProps {
  steps: ReturnType<typeof useImport>;
  /** An address reads otherwise than it was checked. */
  moved: boolean;
  onClose: () => void;
}

/** What can be done at each step; the way on stands last. */
function Buttons({ steps, moved, onClose }: ButtonsProps) {
  const { t } = useTranslation("imports");
  const { text, report, busy, send, back } = steps;
  const check = { loading: busy === "check", onClick: () => void send("check") };
  if (report === null) {
    return (
      <Button variant="primary" disabled={text.trim() === ""} {...check}>
        {t("check")}
      </Button>
    );
  }
  if (!report.dry_run) {
    return (
      <Button variant="primary" onClick={onClose}>
        {t("done")}
      </Button>
    );
  }
  return (
    <>
      <Button variant="ghost" className="-ml-3 mr-auto" onClick={back}>
        {t("back")}
      </Button>
      {report.references.length > 0 && <Button {...check}>{t("checkAgain")}</Button>}
      <Button
        variant="primary"
        loading={busy === "import"}
        disabled={moved || report.providers.length === 0}
        onClick={() => void send("import")}
      >
        {t("import")}
      </Button>
    </>
  );
}

interface ReportProps {
  report: ImportReport;
  entered: Entered;
  tense: Tense;
  /** What stands between the providers and the rest. */
  children: ReactNode;
}

/** What will be, or what was made. Takes the keyboard, so that it is read out and Tab goes on from it. */
function Report({ report, entered, tense, children }: ReportProps) {
  const { t } = useTranslation("imports");
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);
  const providers =
    tense === "will"
      ? report.providers.map((each) => foreseen(each, entered, report.references))
      : report.providers;
  return (
    <>
      <section aria-label={t("providers.title")} className="flex flex-col gap-2.5">
        <h3 ref={heading} tabIndex={-1} className="font-medium text-sm outline-none">
          {t(tense === "will" ? "previewTitle" : "doneTitle")}
        </h3>
        {tense === "became" && <LeftToDo report={report} />}
        {providers.length === 0 && <Banner tone="warn">{t("nothing")}</Banner>}
        {providers.length > 0 && <ProviderTable providers={providers} tense={tense} />}
      </section>
      {children}
      <ReportParts report={report} />
    </>
  );
}

/** How many were made, and what somebody has to do before they all answer. */
function LeftToDo({ report: { providers } }: { report: ImportReport }) {
  const { t } = useTranslation("imports");
  const made = providers.filter(({ outcome }) => outcome.startsWith("made"));
  const left = providers.flatMap(({ name, outcome, detail }) => {
    if (outcome === "made_disabled") return [t("leftKey", { name })];
    return outcome === "refused" ? [t("leftRefused", { name, detail })] : [];
  });
  return (
    <>
      <Banner tone={made.length > 0 ? "ok" : "info"}>
        {made.length > 0 ? t("made", { count: made.length }) : t("madeNone")}
      </Banner>
      {left.length > 0 && (
        <Banner tone="warn" title={t("left")}>
          <ul className="flex flex-col gap-0.5">
            {left.map((each) => (
              <li key={each} className="wrap-anywhere">
                {each}
              </li>
            ))}
          </ul>
        </Banner>
      )}
    </>
  );
}
