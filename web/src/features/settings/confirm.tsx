import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

interface ConfirmProps {
  /** The text of the button that opens the question, and of the one that answers it. */
  label: string;
  /** Names the first of them where many stand on a page. */
  name?: string | undefined;
  title: string;
  body: string;
  onConfirm: () => void;
  busy?: boolean;
}

/** A button for what can't be taken back: it asks first. */
export function Confirm({ label, name, title, body, onConfirm, busy = false }: ConfirmProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        size="sm"
        variant="danger-ghost"
        aria-label={name}
        loading={busy}
        onClick={() => setOpen(true)}
      >
        {label}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={title}
        description={body}
        size="sm"
        footer={
          <>
            <Button onClick={() => setOpen(false)}>{t("cancel")}</Button>
            <Button
              variant="danger"
              onClick={() => {
                setOpen(false);
                onConfirm();
              }}
            >
              {label}
            </Button>
          </>
        }
      />
    </>
  );
}
