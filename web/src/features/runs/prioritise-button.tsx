import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ListOrdered } from "lucide-react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { toast } from "@/ui/toast";
import { calls } from "./comment-calls";
import { keys } from "./queries";

/** Lets an agent put what is due today in an order; what it prepares waits on its page. */
export function PrioritiseButton() {
  const { t } = useTranslation("runs");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const begin = useMutation({
    mutationFn: () => calls.prioritise(),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: keys.lists });
      void navigate({ to: "/runs/$id", params: { id: run.id } });
    },
    onError: (error) => void toast.error(toProblem(error).message),
  });
  return (
    <Button icon={ListOrdered} loading={begin.isPending} onClick={() => begin.mutate()}>
      {t("task.prioritise")}
    </Button>
  );
}
