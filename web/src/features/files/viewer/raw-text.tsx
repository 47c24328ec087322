import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "@/lib/i18n/use-translation";
import { SkeletonRows } from "@/ui/skeleton";
import { contentOf } from "../download";
import { LoadFailed } from "../load-failed";
import type { StoredFile } from "../model";

export const LARGEST_RAW = 1_000_000;

/** A plain text as it was sent: of a version that was not read, or is not kept as pages. */
export function RawText({ file, number }: { file: StoredFile; number: number }) {
  const { t } = useTranslation("files");
  const text = useQuery({
    queryKey: ["documents", "raw", file.id, number],
    queryFn: async () => (await contentOf(file.id, number)).text(),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (text.error) return <LoadFailed error={text.error} onRetry={() => void text.refetch()} />;
  if (text.data === undefined) return <SkeletonRows rows={7} />;
  return (
    <div
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroller must take the keyboard
      tabIndex={0}
      role="region"
      aria-label={file.name}
      className="h-full overflow-y-auto bg-sunken p-4 focus-visible:-outline-offset-2"
    >
      <article
        aria-label={t("viewer.text")}
        className="mx-auto max-w-[900px] whitespace-pre-wrap break-words rounded-xs bg-raised px-5 py-5 text-base leading-6 shadow-panel ring-1 ring-line md:px-9 md:py-8"
      >
        {text.data}
      </article>
    </div>
  );
}
