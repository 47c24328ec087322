import { useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { Confirm } from "./confirm";
import { LoadProblem, Section } from "./section";

const PATH = "/api/v1/documents/settings";

/** Whether what documents say is kept readable, which search needs. */
export function DocumentsSection() {
  const { t } = useTranslation("routing");
  const queries = useQueryClient();
  const { data, error, isPending, refetch } = api.useQuery("get", PATH);
  const change = api.useMutation("put", PATH, {
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["get", PATH] });
      toast.success(t("saved"));
    },
    onError: (failure: unknown) => {
      toast.error(toProblem(failure).message);
    },
  });
  const busy = change.isPending;
  const submit = (on: boolean) => change.mutate({ body: { is_indexed: on } });
  if (isPending) return <SkeletonRows rows={2} />;
  if (error) return <LoadProblem error={error} onRetry={() => void refetch()} />;
  const { is_indexed: isIndexed } = data;
  return (
    <Section title={t("documents.title")} lead={t("documents.lead")}>
      <div className="flex max-w-xl items-start justify-between gap-4">
        <div>
          <p className="font-medium text-sm">
            {t(isIndexed ? "documents.isOn" : "documents.isOff")}
          </p>
          <p className="text-pretty text-muted text-xs">
            {t(isIndexed ? "documents.onHint" : "documents.offHint")}
          </p>
        </div>
        {isIndexed ? (
          <Confirm
            label={t("documents.switchOff")}
            title={t("documents.askTitle")}
            body={t("documents.ask")}
            busy={busy}
            onConfirm={() => submit(false)}
          />
        ) : (
          <Button size="sm" loading={busy} onClick={() => submit(true)}>
            {t("documents.switchOn")}
          </Button>
        )}
      </div>
    </Section>
  );
}
