import { Copy } from "lucide-react";
import { useState } from "react";
import { copyText } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { CopyBlock } from "@/ui/copy-block";
import { Dialog } from "@/ui/dialog";
import { IconButton } from "@/ui/icon-button";
import { Input } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import { toast } from "@/ui/toast";
import { SDKS, type Sdk, snippet } from "./snippets";

interface ShownOnceProps {
  value: string;
  onClose: () => void;
  /** The model to ask for in examples; without one none are shown. */
  exampleModel?: string | undefined;
}

/** A secret that the server shows this once. */
export function ShownOnce({ value, onClose, exampleModel }: ShownOnceProps) {
  const { t } = useTranslation("settings");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("once.title")}
      size={exampleModel ? "lg" : "md"}
      footer={
        <Button variant="primary" onClick={onClose}>
          {t("once.done")}
        </Button>
      }
    >
      <Banner tone="warn">{t("once.body")}</Banner>
      <div className="mt-3 flex items-center gap-2">
        <Input readOnly value={value} aria-label={t("once.value")} className="font-mono" />
        <IconButton
          icon={Copy}
          label={t("once.copy")}
          onClick={() => {
            void copyText(value).then((done) => done && toast.success(t("once.copied")));
          }}
        />
      </div>
      {exampleModel && <Examples apiKey={value} model={exampleModel} />}
    </Dialog>
  );
}

function Examples({ apiKey, model }: { apiKey: string; model: string }) {
  const { t } = useTranslation("settings");
  const [sdk, setSdk] = useState<Sdk>("openai");
  return (
    <section className="mt-5">
      <h3 className="font-medium text-sm">{t("once.example")}</h3>
      <p className="mt-0.5 mb-2 text-muted text-xs">{t("once.exampleHint")}</p>
      <SegmentedControl
        label={t("once.sdk")}
        value={sdk}
        onChange={setSdk}
        segments={SDKS.map((each) => ({ value: each, label: t(`once.sdks.${each}`) }))}
        className="mb-2 max-sm:flex"
      />
      <CopyBlock
        label={t("once.exampleOf", { sdk: t(`once.sdks.${sdk}`) })}
        text={snippet(sdk, window.location.origin, apiKey, model)}
      />
    </section>
  );
}
