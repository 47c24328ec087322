import { Zap } from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";
import { LoadProblem } from "@/features/settings/section";
import { ago } from "@/features/settings/when";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { calls } from "./calls";
import { LastFiring } from "./last-firing";
import { type IssuedTrigger, isCalled, type Trigger } from "./model";
import { useDo, useTriggers } from "./queries";
import { StarterRow } from "./starter-row";

const TriggerDialog = lazyPart(() => import("./trigger-dialog"), "TriggerDialog");

interface TriggerListProps {
  mayChange: boolean;
  action: ReactNode;
  /** A secret is there to be shown this once. */
  onIssued: (issued: IssuedTrigger) => void;
}

export function TriggerList({ mayChange, action, onIssued }: TriggerListProps) {
  const { t } = useTranslation("schedules");
  const list = useTriggers();
  const [editing, setEditing] = useState<Trigger>();
  return (
    <>
      {list.isPending && <SkeletonRows rows={3} />}
      {list.error && <LoadProblem error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && list.items.length === 0 && (
        <EmptyState icon={Zap} title={t("empty.triggersTitle")} action={action}>
          {t(mayChange ? "empty.triggersBody" : "empty.notYours")}
        </EmptyState>
      )}
      {list.items.length > 0 && (
        <ul aria-label={t("tab.triggers")}>
          {list.items.map((each) => (
            <Row
              key={each.id}
              trigger={each}
              mayChange={mayChange}
              onEdit={() => setEditing(each)}
              onIssued={onIssued}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      {editing && (
        <Suspense fallback={null}>
          <TriggerDialog trigger={editing} onClose={() => setEditing(undefined)} />
        </Suspense>
      )}
    </>
  );
}

interface RowProps {
  trigger: Trigger;
  mayChange: boolean;
  onEdit: () => void;
  onIssued: (issued: IssuedTrigger) => void;
}

function Row({ trigger, mayChange, onEdit, onIssued }: RowProps) {
  const { t } = useTranslation("schedules");
  const enable = useDo((enabled: boolean) => calls.changeTrigger(trigger.id, { enabled }));
  const remove = useDo(() => calls.deleteTrigger(trigger.id));
  const rotate = useDo(async () => onIssued(await calls.rotateSecret(trigger.id)));
  const { name, filter } = trigger;
  const narrowed = [
    filter.label && t("filter.label", { label: filter.label }),
    filter.name_contains && t("filter.name", { words: filter.name_contains }),
    filter.senders?.length ? filter.senders.join(", ") : null,
  ].filter(Boolean);
  return (
    <StarterRow
      name={name}
      enabled={enable.isPending ? enable.variables : trigger.enabled}
      offCode={trigger.off_code}
      mayChange={mayChange}
      onEnable={(enabled) => enable.mutate(enabled)}
      onEdit={onEdit}
      onDelete={() => remove.mutate(undefined)}
      actions={
        isCalled(trigger.kind) && (
          <Button
            size="sm"
            variant="ghost"
            aria-label={t("row.rotateNamed", { name })}
            loading={rotate.isPending}
            onClick={() => rotate.mutate(undefined)}
          >
            {t("row.rotate")}
          </Button>
        )
      }
    >
      <p>
        {[t(`kind.${trigger.kind}`), ...narrowed].join(" · ")} ·{" "}
        {t("row.perHour", { count: trigger.per_hour })}
      </p>
      {trigger.path && <p className="break-all font-mono">{trigger.path}</p>}
      {trigger.old_secret_until && (
        <p>{t("row.oldSecret", { when: ago(trigger.old_secret_until) })}</p>
      )}
      <p>
        <LastFiring firing={trigger.last} />
      </p>
    </StarterRow>
  );
}
