import type { ReactNode } from "react";
import { Confirm } from "@/features/settings/confirm";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Switch } from "@/ui/switch";

interface StarterRowProps {
  name: string;
  enabled: boolean;
  offCode: string | null;
  /** Viewers look on. */
  mayChange: boolean;
  onEnable: (enabled: boolean) => void;
  onEdit: () => void;
  onDelete: () => void;
  /** Further buttons. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A schedule or a trigger: what it is, what came of it, and the switch that stops it. */
export function StarterRow({
  name,
  enabled,
  offCode,
  mayChange,
  onEnable,
  onEdit,
  onDelete,
  actions,
  children,
}: StarterRowProps) {
  const { t } = useTranslation("schedules");
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 border-t py-3 first:border-t-0">
      <Switch
        aria-label={t("row.enabled", { name })}
        className="mt-0.5"
        checked={enabled}
        disabled={!mayChange}
        onCheckedChange={onEnable}
      />
      <div className="min-w-0 flex-1 basis-52">
        <h2 className="truncate font-medium text-sm">{name}</h2>
        <div className="mt-0.5 flex flex-col gap-0.5 text-muted text-xs">{children}</div>
        {offCode && <p className="mt-0.5 text-warn-ink text-xs">{t("row.revoked")}</p>}
      </div>
      {mayChange && (
        <div className="ml-auto flex shrink-0 flex-wrap items-center gap-1">
          {actions}
          <Button
            size="sm"
            variant="ghost"
            aria-label={t("row.editNamed", { name })}
            onClick={onEdit}
          >
            {t("row.edit")}
          </Button>
          <Confirm
            label={t("row.delete")}
            name={t("row.deleteNamed", { name })}
            title={t("row.deleteTitle", { name })}
            body={t("row.deleteBody")}
            onConfirm={onDelete}
          />
        </div>
      )}
    </li>
  );
}
