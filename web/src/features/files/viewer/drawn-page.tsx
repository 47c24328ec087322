import { ImageOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Spinner } from "@/ui/spinner";
import type { StoredFile } from "../model";
import { PagePicture, usePicture } from "../page-picture";
import { marksOf, type Stretch } from "./highlight";
import { usePageText } from "./use-page-text";

/** Height by width of a sheet of A4, which most pages are. */
export const PAPER = Math.SQRT2;
const WIDTH_PX = 1_400;

interface MarksProps {
  id: string;
  number: number;
  page: number;
  stretch: Stretch;
}

/** The lines of a passage, marked on the picture of its page; the first one comes into view. */
function Marks({ id, number, page, stretch }: MarksProps) {
  const { t } = useTranslation("files");
  const { data } = usePageText(id, number, page);
  const first = useRef<HTMLSpanElement>(null);
  const marks = data ? marksOf(data, stretch) : [];
  const found = marks.length > 0;
  useEffect(() => {
    if (found) first.current?.scrollIntoView({ block: "start" });
  }, [found]);
  return marks.map(({ left, top, width, height }, i) => (
    <span
      key={`${left}-${top}`}
      ref={i === 0 ? first : undefined}
      data-testid="mark"
      // The one name is enough for all the lines of it.
      {...(i === 0 ? { role: "img", "aria-label": t("viewer.passage") } : { "aria-hidden": true })}
      className="absolute scroll-mt-28 rounded-[2px] bg-[oklch(0.85_0.17_90/0.42)] mix-blend-multiply"
      style={{
        left: `${left}%`,
        top: `${top}%`,
        width: `${width}%`,
        height: `${height}%`,
      }}
    />
  ));
}

interface DrawnPageProps {
  file: StoredFile;
  number: number;
  page: number;
  stretch: Stretch | null;
  /** Width and height in pixels, once the page is there. */
  onDrawn: (page: number) => void;
  /** There is no such page. */
  onMissing: (page: number) => void;
}

/** One page as it looks, with a passage marked on it. */
export function DrawnPage({ file, number, page, stretch, onDrawn, onMissing }: DrawnPageProps) {
  const { t } = useTranslation("files");
  const { error } = usePicture(file.id, number, page, WIDTH_PX);
  const paper = file.media_type === "application/pdf";
  const [aspect, setAspect] = useState<number | null>(null);
  const box = { aspectRatio: `1 / ${aspect ?? PAPER}` };
  return (
    <figure
      aria-label={t("viewer.page", { page })}
      className="relative overflow-hidden rounded-xs bg-white shadow-panel ring-1 ring-line"
      style={paper || aspect === null ? box : undefined}
    >
      {error && <Failed error={error} page={page} onMissing={onMissing} />}
      <PagePicture
        id={file.id}
        number={number}
        page={page}
        width={WIDTH_PX}
        alt={t("viewer.pictureOf", { name: file.name, page })}
        className="block w-full"
        waiting={
          <span className="absolute inset-0 grid place-items-center bg-raised text-faint">
            <Spinner size={20} />
          </span>
        }
        onSize={(width, height) => {
          setAspect(height / width);
          onDrawn(page);
        }}
      />
      {stretch && aspect !== null && (
        <Marks
          key={`${stretch.start}-${stretch.end}`}
          id={file.id}
          number={number}
          page={page}
          stretch={stretch}
        />
      )}
    </figure>
  );
}

interface FailedProps {
  error: unknown;
  page: number;
  onMissing: (page: number) => void;
}

function Failed({ error, page, onMissing }: FailedProps) {
  const { t } = useTranslation("files");
  const problem = toProblem(error);
  const missing = problem.code === "documents.page_not_found";
  useEffect(() => {
    if (missing) onMissing(page);
  }, [missing, page, onMissing]);
  if (missing) return null;
  return (
    <span className="absolute inset-0 grid place-content-center gap-2 bg-raised px-6 text-center text-muted text-sm">
      <ImageOff aria-hidden size={22} className="mx-auto text-faint" />
      <span>{t("viewer.cantShow")}</span>
      <span>{problem.message}</span>
    </span>
  );
}
