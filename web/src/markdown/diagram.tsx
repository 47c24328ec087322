import mermaid from "mermaid";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useTheme } from "@/lib/theme";

export interface DiagramProps {
  source: string;
  /** The source as code, shown until the drawing is there and when there can be none. */
  fallback: ReactNode;
}

let drawings = 0;
let queue: Promise<unknown> = Promise.resolve();

/** Mermaid keeps one global state, so drawings are made one after another. */
function draw(source: string, dark: boolean): Promise<string> {
  const next = queue.then(async () => {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      suppressErrorRendering: true,
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      maxTextSize: 20_000,
      theme: dark ? "dark" : "neutral",
      fontFamily: "Inter Variable, system-ui, sans-serif",
    });
    drawings += 1;
    return (await mermaid.render(`diagram-${drawings}`, source)).svg;
  });
  queue = next.catch(() => null);
  return next;
}

/** A Mermaid drawing, shown as an image: no script, style or link of it reaches the page. */
export function Diagram({ source, fallback }: DiagramProps) {
  const { t } = useTranslation();
  const dark = useTheme((state) => state.dark);
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let wanted = true;
    draw(source, dark).then(
      (svg) => {
        if (!wanted) return;
        made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
        setUrl(made);
      },
      () => setUrl(null),
    );
    return () => {
      wanted = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [source, dark]);
  if (!url) return fallback;
  return (
    <figure className="md-diagram">
      <img src={url} alt={t("markdown.diagram", { source })} />
    </figure>
  );
}
