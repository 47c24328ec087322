import { useNavigate } from "@tanstack/react-router";
import { Pause, Play, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { calls } from "./calls";
import { canPause, hasEnded, type Run } from "./model";
import { useMove, useRemove } from "./queries";

/** Pause, go on, stop; and delete, once it has ended. */
export function Controls({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const [stopping, setStopping] = useState(false);
  const pause = useMove<void>(run.id, () => calls.pause(run.id));
  const resume = useMove<void>(run.id, () => calls.resume(run.id));
  const cancel = useMove<void>(run.id, () => calls.cancel(run.id));
  // What another run has begun goes with that one.
  if (hasEnded(run)) return run.parent_run_id === null ? <Delete id={run.id} /> : null;
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

function Delete({ id }: { id: string }) {
  const { t } = useTranslation("runs");
  const navigate = useNavigate();
  const [asked, setAsked] = useState(false);
  const remove = useRemove(id, () => void navigate({ to: "/runs" }));
  return (
    <>
      <Button variant="danger-ghost" icon={Trash2} onClick={() => setAsked(true)}>
        {t("controls.delete")}
      </Button>
      <Dialog
        open={asked}
        onOpenChange={setAsked}
        size="sm"
        title={t("controls.deleteTitle")}
        description={t("controls.deleteBody")}
        footer={
          <>
            <Button onClick={() => setAsked(false)}>{t("controls.keepRun")}</Button>
            <Button
              variant="danger"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSettled: () => setAsked(false) })}
            >
              {t("controls.delete")}
            </Button>
          </>
        }
      />
    </>
  );
}
