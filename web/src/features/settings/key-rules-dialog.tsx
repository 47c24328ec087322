import { useState } from "react";
import { useSubmit } from "@/features/auth/use-submit";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { FormProblem } from "../auth/fields";
import { NO_RULES, readRules, type StoredRules, saveRules } from "./key-rules";
import { type Chosen, KeyRulesFields } from "./key-rules-fields";

interface KeyRulesDialogProps {
  apiKey: { id: string; name: string };
  stored: StoredRules | undefined;
  onClose: () => void;
  onSaved: () => void;
}

/** The limits of one key, to set, change or take away. */
export function KeyRulesDialog({ apiKey, stored, onClose, onSaved }: KeyRulesDialogProps) {
  const { t } = useTranslation("settings");
  const [chosen, choose] = useState<Chosen>({
    models: stored?.models ?? [],
    providers: stored?.providers ?? [],
  });
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    try {
      await saveRules(apiKey.id, readRules(values, chosen), stored?.version ?? null);
      onClose();
    } finally {
      // Also when somebody else was faster: the list then shows what holds now.
      onSaved();
    }
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("rules.titleOf", { name: apiKey.name })}
      description={t("rules.lead")}
    >
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <FormProblem problem={problem} />
        <KeyRulesFields
          rules={stored ?? NO_RULES}
          chosen={chosen}
          onChoose={choose}
          problem={problem}
        />
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy}>
            {t("rules.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
