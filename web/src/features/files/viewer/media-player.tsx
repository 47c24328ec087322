import { useQuery } from "@tanstack/react-query";
import { SkeletonRows } from "@/ui/skeleton";
import { calls } from "../calls";
import { LoadFailed } from "../load-failed";
import type { StoredFile } from "../model";

const LASTS_S = 21_600;

/** Sound and film, by an address that opens without a token for some hours. */
export function MediaPlayer({ file, number }: { file: StoredFile; number: number }) {
  const link = useQuery({
    queryKey: ["files", "player", file.id, number],
    queryFn: () =>
      calls.createLink(file.id, {
        version: number,
        disposition: "inline",
        expires_in_s: LASTS_S,
      }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (link.error) return <LoadFailed error={link.error} onRetry={() => void link.refetch()} />;
  if (!link.data) return <SkeletonRows rows={3} />;
  return (
    <div className="grid h-full place-items-center bg-sunken p-4">
      {file.kind === "video" ? (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- what people upload has none
        <video
          controls
          src={link.data.url}
          aria-label={file.name}
          className="max-h-full max-w-full"
        />
      ) : (
        // oxlint-disable-next-line jsx-a11y/media-has-caption
        <audio controls src={link.data.url} aria-label={file.name} className="w-full max-w-120" />
      )}
    </div>
  );
}
