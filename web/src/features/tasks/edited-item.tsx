import { PenLine } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { IconButton } from "@/ui/icon-button";
import { editable } from "./edit-item";
import { FieldDiff } from "./field-diff";
import type { ChangesetItem } from "./model";

const EditItemDialog = lazyPart(() => import("./edit-item-dialog"), "EditItemDialog");

interface EditItemProps {
  changesetId: string;
  item: ChangesetItem;
  disabled?: boolean;
  /** When the dialog has closed, whether something was changed or not. */
  onClosed?: () => void;
}

/** The way to put a proposed change into other words; nothing where it has none to change. */
export function EditItem({ changesetId, item, disabled, onClosed }: EditItemProps) {
  const { t } = useTranslation("tasks");
  const [editing, setEditing] = useState(false);
  if (editable(item).length === 0) return null;
  const close = () => {
    setEditing(false);
    onClosed?.();
  };
  return (
    <>
      <IconButton
        icon={PenLine}
        disabled={disabled}
        label={t("changeset.edit", { title: item.title })}
        onClick={() => setEditing(true)}
      />
      {editing && (
        <Suspense fallback={null}>
          <EditItemDialog changesetId={changesetId} item={item} onClose={close} />
        </Suspense>
      )}
    </>
  );
}

/** What the model wrote, where a person has put it into other words. */
export function Proposed({ item }: { item: ChangesetItem }) {
  const { t } = useTranslation("tasks");
  if (!item.proposed) return null;
  return (
    <details className="mt-1.5 text-xs">
      <summary className="w-fit cursor-default rounded-xs text-muted hover:text-ink touch:min-h-6">
        {t("changeset.edited")}
      </summary>
      <div className="mt-1 border-l-2 pl-2 text-muted">
        {typeof item.proposed.title === "string" && item.operation === "create" && (
          <p className="text-pretty break-words">{item.proposed.title}</p>
        )}
        <FieldDiff before={item.before} after={item.proposed} />
      </div>
    </details>
  );
}
