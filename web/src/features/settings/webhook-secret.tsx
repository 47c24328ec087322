import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { toast } from "@/ui/toast";
import { Confirm } from "./confirm";
import { LoadProblem } from "./section";
import { ShownOnce } from "./shown-once";
import { ago, atMoment } from "./when";

const PATH = "/api/v1/ai/webhook-secret";

/** What requests to the judge are signed with: made at once, beside what the form saves. */
export function WebhookSecret() {
  const { t } = useTranslation("routing");
  const queries = useQueryClient();
  const stored = api.useQuery("get", PATH);
  const [shown, show] = useState<string | null>(null);
  const make = api.useMutation("post", PATH, {
    onSuccess: ({ secret }) => {
      show(secret);
      void queries.invalidateQueries({ queryKey: ["get", PATH] });
    },
    onError: (error: unknown) => {
      toast.error(toProblem(error).message);
    },
  });
  if (stored.error) {
    return <LoadProblem error={stored.error} onRetry={() => void stored.refetch()} />;
  }
  const madeAt = stored.data?.made_at ?? null;
  const oldUntil = stored.data?.old_signs_until ?? null;
  return (
    <div>
      <p className="mb-1 font-medium text-sm">{t("guard.secret")}</p>
      <p className="mb-2 text-pretty text-muted text-xs">
        {madeAt ? t("guard.secretMade", { ago: ago(madeAt) }) : t("guard.secretNone")}
        {oldUntil && ` ${t("guard.secretOverlap", { at: atMoment(oldUntil) })}`}
      </p>
      {stored.data &&
        (madeAt ? (
          <div className="-ml-2.5">
            <Confirm
              label={t("guard.secretRotate")}
              title={t("guard.secretRotateTitle")}
              body={t("guard.secretRotateBody")}
              busy={make.isPending}
              onConfirm={() => make.mutate({})}
            />
          </div>
        ) : (
          <Button size="sm" loading={make.isPending} onClick={() => make.mutate({})}>
            {t("guard.secretMake")}
          </Button>
        ))}
      {shown && <ShownOnce value={shown} onClose={() => show(null)} />}
    </div>
  );
}
