import { Pause, Play, Square } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { calls } from "./calls";
import { canPause, hasEnded, type Run } from "./model";
import { useMove } from "./queries";

/** Pause, go on, stop. */
export function Controls({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const [stopping, setStopping] = useState(false);
  const pause = useMove<void>(run.id, () => calls.pause(run.id));
  const resume = useMove<void>(run.id, () => calls.resume(run.id));
  const cancel = useMove<void>(run.id, () => calls.cancel(run.id));
  if (hasEnded(run)) return null;
  if (run.wanted) {
    return <Badge>{t(run.wanted === "cancel" ? "controls.stopping" : "controls.pausing")}</Badge>;
  }
  return (
    <>
      {run.state === "paused" && (
        <Button icon={Play} loading={resume.isPending} onClick={() => resume.mutate()}>
          {t("controls.resume")}
        </Button>
      )}
      {canPause(run) && (
        <Button icon={Pause} loading={pause.isPending} onClick={() => pause.mutate()}>
          {t("controls.pause")}
        </Button>
      )}
      <Button variant="danger-ghost" icon={Square} onClick={() => setStopping(true)}>
        {t("controls.stop")}
      </Button>
      <Dialog
        open={stopping}
        onOpenChange={setStopping}
        size="sm"
        title={t("controls.stopTitle")}
        description={t("controls.stopBody")}
        footer={
          <>
            <Button onClick={() => setStopping(false)}>{t("controls.keep")}</Button>
            <Button
              variant="danger"
              loading={cancel.isPending}
              onClick={() => cancel.mutate(undefined, { onSuccess: () => setStopping(false) })}
            >
              {t("controls.stop")}
            </Button>
          </>
        }
      />
    </>
  );
}
