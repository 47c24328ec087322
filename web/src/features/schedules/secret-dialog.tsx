import { Copy } from "lucide-react";
import { copyText } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { CopyBlock } from "@/ui/copy-block";
import { Dialog } from "@/ui/dialog";
import { IconButton } from "@/ui/icon-button";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { example } from "./example";
import type { IssuedTrigger } from "./model";

/** The secret of a hook, this once, and a call that works as it stands. */
export function SecretDialog({ issued, onClose }: { issued: IssuedTrigger; onClose: () => void }) {
  const { t } = useTranslation("schedules");
  const { secret, trigger } = issued;
  if (!secret || !trigger.path) return null;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("secret.title")}
      size="lg"
      footer={
        <Button variant="primary" onClick={onClose}>
          {t("secret.done")}
        </Button>
      }
    >
      <Banner tone="warn">{t("secret.body")}</Banner>
      <div className="mt-3 flex items-center gap-2">
        <Input readOnly value={secret} aria-label={t("secret.value")} className="font-mono" />
        <IconButton
          icon={Copy}
          label={t("secret.copy")}
          onClick={() => {
            void copyText(secret).then((done) => done && toast.success(t("secret.copied")));
          }}
        />
      </div>
      <section className="mt-5">
        <h3 className="font-medium text-sm">{t("secret.example")}</h3>
        <p className="mt-0.5 mb-2 text-muted text-xs">
          {t(trigger.kind === "email" ? "secret.mailHint" : "secret.hint")}
        </p>
        <CopyBlock
          label={t("secret.example")}
          text={example(window.location.origin, trigger.path, secret, trigger.kind)}
        />
      </section>
    </Dialog>
  );
}
