import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import {
  Bell,
  CheckCheck,
  CircleHelp,
  Eye,
  Hand,
  type LucideIcon,
  MailX,
  TriangleAlert,
} from "lucide-react";
import { Page } from "@/app/shell/page";
import { LoadProblem } from "@/features/settings/section";
import { ago } from "@/features/settings/when";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { type Notification, useNotifications, useRead } from "./queries";

const LOOKS: Record<Notification["kind"], { icon: LucideIcon; ink: string }> = {
  approval: { icon: Hand, ink: "text-warn-ink" },
  question: { icon: CircleHelp, ink: "text-warn-ink" },
  review: { icon: Eye, ink: "text-accent-ink" },
  failed: { icon: TriangleAlert, ink: "text-danger-ink" },
};

/** What runs need of the person, and what went wrong with them. */
export function NotificationsPage() {
  const { t } = useTranslation("notifications");
  const list = useNotifications();
  const read = useRead();
  const some = list.notifications.some((each) => !each.read_at);
  const none = list.data !== undefined && list.notifications.length === 0;
  return (
    <Page
      title={t("title")}
      actions={
        some && (
          <Button icon={CheckCheck} loading={read.isPending} onClick={() => read.mutate("all")}>
            {t("readAll")}
          </Button>
        )
      }
    >
      {list.isPending && <SkeletonRows rows={5} />}
      {list.error && <LoadProblem error={list.error} onRetry={() => void list.refetch()} />}
      {none && (
        <EmptyState icon={Bell} title={t("empty.title")}>
          {t("empty.body")}
        </EmptyState>
      )}
      {list.notifications.length > 0 && (
        <>
          <p className="mb-2 text-pretty text-muted text-sm">{t("lead")}</p>
          <ul aria-label={t("list")}>
            {list.notifications.map((each) => (
              <NotificationRow
                key={each.id}
                notification={each}
                onOpen={() => !each.read_at && read.mutate(each.id)}
              />
            ))}
          </ul>
        </>
      )}
      {list.hasNextPage && (
        <Button
          className="mt-2"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("more")}
        </Button>
      )}
    </Page>
  );
}

interface NotificationRowProps {
  notification: Notification;
  onOpen: () => void;
}

function NotificationRow({ notification, onOpen }: NotificationRowProps) {
  const { t } = useTranslation("notifications");
  const { kind, title, at, read_at: readAt, settled_at: settledAt, mail } = notification;
  const { icon: Icon, ink } = LOOKS[kind];
  return (
    <li className="relative -mx-2 flex items-start gap-2.5 rounded-sm border-t px-2 py-2.5 first:border-t-0 hover:bg-hover">
      <Icon
        aria-hidden
        size={16}
        className={clsx("mt-0.5 shrink-0", settledAt ? "text-faint" : ink)}
      />
      <div className="min-w-0 flex-1">
        <Link
          to="/runs/$id"
          params={{ id: notification.run_id }}
          onClick={onOpen}
          className={clsx(
            "block truncate text-sm after:absolute after:inset-0",
            readAt ? "text-muted" : "font-medium",
          )}
        >
          {title || t("untitled")}
        </Link>
        <p className="mt-0.5 flex flex-wrap gap-x-1.5 text-muted text-xs">
          <span>{t(`kind.${kind}`)}</span>
          <span aria-hidden>·</span>
          <time dateTime={at} title={exactly(at)}>
            {ago(at)}
          </time>
          {settledAt && (
            <>
              <span aria-hidden>·</span>
              <span>{t("settled")}</span>
            </>
          )}
          {mail === "dead" && (
            <span className="inline-flex items-center gap-1 text-danger-ink">
              <MailX aria-hidden size={12} />
              {t("mail.dead")}
            </span>
          )}
        </p>
      </div>
      {!readAt && (
        <span className="mt-1.5 size-2 shrink-0 rounded-full bg-accent">
          <span className="sr-only">{t("unread")}</span>
        </span>
      )}
    </li>
  );
}
