import { type LucideIcon, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { toast } from "@/ui/toast";
import { Confirm } from "./confirm";
import { Row, Section } from "./section";

export interface NamedEntriesProps {
  /** Which of the routing texts speak of them. */
  of: "aliases" | "fallbacks";
  icon: LucideIcon;
  names: readonly string[];
  onRemove: (name: string) => Promise<unknown>;
  /** What a row says. */
  renderEntry: (name: string) => ReactNode;
  /** The form for one of them; an empty name makes a new one. */
  renderDialog: (name: string, onClose: () => void) => ReactNode;
}

/** A section of settings that are kept under names: listed by name, added, edited and removed. */
export function NamedEntries({
  of,
  icon,
  names,
  onRemove,
  renderEntry,
  renderDialog,
}: NamedEntriesProps) {
  const { t } = useTranslation("routing");
  const [editing, setEditing] = useState<string | null>(null);
  const remove = (name: string) =>
    onRemove(name).catch((error: unknown) => toast.error(toProblem(error).message));
  return (
    <Section
      title={t(`${of}.title`)}
      lead={t(`${of}.lead`)}
      action={
        <Button size="sm" icon={Plus} onClick={() => setEditing("")}>
          {t(`${of}.add`)}
        </Button>
      }
    >
      {names.length === 0 && (
        <EmptyState size="panel" icon={icon} title={t(`${of}.emptyTitle`)}>
          {t(`${of}.emptyBody`)}
        </EmptyState>
      )}
      <ul aria-label={t(`${of}.title`)}>
        {names.toSorted().map((name) => (
          <Row
            key={name}
            action={
              <>
                <Button
                  size="sm"
                  variant="ghost"
                  aria-label={t("editOf", { name })}
                  onClick={() => setEditing(name)}
                >
                  {t("edit")}
                </Button>
                <Confirm
                  label={t("remove")}
                  title={t(`${of}.removeTitle`, { name })}
                  body={t(`${of}.removeBody`)}
                  onConfirm={() => void remove(name)}
                />
              </>
            }
          >
            {renderEntry(name)}
          </Row>
        ))}
      </ul>
      {editing !== null && renderDialog(editing, () => setEditing(null))}
    </Section>
  );
}
