import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import { type DragEvent, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useFileActions } from "./actions";
import { draggedEntries, dropsOn, takeDrag } from "./dragging";
import type { Folder } from "./model";

function Step({ id, name, last }: { id: string | null; name: string; last: boolean }) {
  const actions = useFileActions();
  const [over, setOver] = useState(false);
  const drop = {
    onDragOver: (event: DragEvent) => {
      if (!dropsOn(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!takeDrag(event)) return;
      event.preventDefault();
      void actions.move(draggedEntries(), id);
    },
  };
  if (last) {
    return (
      <span aria-current="page" className="truncate px-1 font-medium">
        {name}
      </span>
    );
  }
  return (
    <Link
      to="/files"
      search={id ? { folder: id } : {}}
      {...drop}
      className={clsx(
        "truncate rounded-xs px-1 text-muted hover:bg-hover hover:text-ink",
        over && "ring-2 ring-accent",
      )}
    >
      {name}
    </Link>
  );
}

/** The folders from the top to the one that is shown; what is dragged on one moves there. */
export function WayBar({ way }: { way: readonly Pick<Folder, "id" | "name">[] }) {
  const { t } = useTranslation("files");
  const steps = [{ id: null, name: t("top") }, ...way];
  return (
    <nav aria-label={t("way")} className="min-w-0">
      <ol className="flex min-w-0 flex-wrap items-center gap-0.5 text-sm">
        {steps.map(({ id, name }, i) => (
          <li key={id ?? "top"} className="flex min-w-0 items-center gap-0.5">
            {i > 0 && <ChevronRight aria-hidden size={14} className="shrink-0 text-faint" />}
            <Step id={id} name={name} last={i === steps.length - 1} />
          </li>
        ))}
      </ol>
    </nav>
  );
}
