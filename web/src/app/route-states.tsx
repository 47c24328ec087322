import type { ErrorComponentProps } from "@tanstack/react-router";
import { Link, useRouter } from "@tanstack/react-router";
import { CloudOff, Compass, TriangleAlert } from "lucide-react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Spinner } from "@/ui/spinner";

/** What a route shows when its loader or its page threw. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const problem = toProblem(error);
  const retry = () => {
    reset();
    void router.invalidate();
  };
  if (problem.status === 404) return <NotFound />;
  return (
    <div role="alert" className="px-6">
      <EmptyState
        icon={problem.isNetwork && problem.code !== "client.unexpected" ? CloudOff : TriangleAlert}
        title={problem.isNetwork ? t("error.title") : problem.title}
        action={
          <Button variant="primary" onClick={retry}>
            {t("error.retry")}
          </Button>
        }
      >
        {problem.detail || (problem.isNetwork ? problem.title : t("error.body"))}
      </EmptyState>
    </div>
  );
}

/** An address that no page has: it stands alone, without the frame of the app. */
export function NotFoundPage() {
  return (
    <main className="h-full">
      <NotFound />
    </main>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <div className="h-full px-6">
      <EmptyState
        icon={Compass}
        title={t("notFound.title")}
        action={
          <Link to="/today" className={buttonClass("primary")}>
            {t("notFound.action")}
          </Link>
        }
      >
        {t("notFound.body")}
      </EmptyState>
    </div>
  );
}

export function RoutePending() {
  const { t } = useTranslation();
  return (
    <output className="grid h-full min-h-40 place-items-center text-faint">
      <Spinner size={20} />
      <span className="sr-only">{t("loading")}</span>
    </output>
  );
}
