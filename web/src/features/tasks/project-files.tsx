import { Paperclip } from "lucide-react";
import { Suspense } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Button } from "@/ui/button";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { SkeletonRows } from "@/ui/skeleton";

const TargetFiles = lazyPart(() => import("@/features/attachments/target-files"), "TargetFiles");

/** The files of a project, behind a button: most days they are not what one came for. */
export function ProjectFiles({ id }: { id: string }) {
  const { t } = useTranslation("tasks");
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button variant="ghost" icon={Paperclip}>
          {t("files.title")}
        </Button>
      </PopoverTrigger>
      <PopoverContent
        label={t("files.ofProject")}
        align="end"
        className="w-[min(26rem,calc(100vw-16px))]"
      >
        <Suspense fallback={<SkeletonRows rows={2} />}>
          <TargetFiles kind="project" id={id} />
        </Suspense>
      </PopoverContent>
    </Popover>
  );
}
