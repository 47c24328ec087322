import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { type ProblemError, toProblem } from "@/lib/api/problem";

export interface Submission {
  busy: boolean;
  problem: ProblemError | null;
  onSubmit: (event: SyntheticEvent<HTMLFormElement>) => void;
}

/** Runs one submission at a time with the form's values, and keeps the problem it met. */
export function useSubmit(send: (values: FormData) => Promise<void>): Submission {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const running = useRef(false);
  const sent = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (problem && sent.current) leadTo(sent.current);
  }, [problem]);

  async function run(form: HTMLFormElement): Promise<void> {
    if (running.current) return;
    running.current = true;
    sent.current = form;
    setBusy(true);
    setProblem(null);
    try {
      await send(new FormData(form));
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      running.current = false;
      setBusy(false);
    }
  }

  return {
    busy,
    problem,
    onSubmit: (event) => {
      event.preventDefault();
      void run(event.currentTarget);
    },
  };
}

/** Shows what is wrong with a form: its button, which the keyboard has lost, may be far below. */
function leadTo(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLElement>('[aria-invalid="true"]');
  if (field) field.focus();
  else form.querySelector<HTMLElement>('[role="alert"]')?.scrollIntoView({ block: "nearest" });
}

/** A text value of a form; absent ones are empty. */
export function text(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}

export function ownTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
