import type { ReactNode } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Card, CardHeader } from "@/ui/card";

interface SectionProps {
  title: string;
  lead?: string;
  action?: ReactNode;
  children: ReactNode;
}

/** One card of the settings. */
export function Section({ title, lead, action, children }: SectionProps) {
  return (
    <Card>
      <CardHeader title={title} action={action}>
        {lead}
      </CardHeader>
      <div className="px-4 pb-4">{children}</div>
    </Card>
  );
}

/** A row of a list in a card: what it is at the left, what can be done at the right. */
export function Row({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-3 gap-y-2 border-t py-2.5 first:border-t-0 first:pt-0 last:pb-0">
      <div className="min-w-44 flex-1">{children}</div>
      {action && <div className="ml-auto flex shrink-0 items-center gap-1.5">{action}</div>}
    </li>
  );
}

/** A failed load, with a way to try again. */
export function LoadProblem({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  const problem = toProblem(error);
  return (
    <Banner
      tone="danger"
      // What was loaded before may stand below.
      className="mb-3 last:mb-0"
      action={
        <Button size="sm" onClick={onRetry}>
          {t("error.retry")}
        </Button>
      }
    >
      {problem.detail || problem.title}
    </Banner>
  );
}
