import mermaid from "mermaid";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useTheme } from "@/lib/theme";

export interface DiagramProps {
  source: string;
  /** The source as code, shown until the drawing is there and when there can be none. */
  fallback: ReactNode;
}

/** Mermaid calculates with its colours and knows no OKLCH, so the tokens stand here in sRGB. */
const PALETTES = {
  light: {
    background: "#ffffff",
    primaryColor: "#f2f5fe",
    primaryBorderColor: "#b9c2e8",
    primaryTextColor: "#1c2029",
    secondaryColor: "#f5f4f1",
    tertiaryColor: "#faf9f7",
    lineColor: "#7b8194",
    textColor: "#1c2029",
    edgeLabelBackground: "#ffffff",
  },
  dark: {
    background: "#1d2026",
    primaryColor: "#262d47",
    primaryBorderColor: "#4b588f",
    primaryTextColor: "#ebecef",
    secondaryColor: "#23262d",
    tertiaryColor: "#1a1c21",
    lineColor: "#8d93a5",
    textColor: "#ebecef",
    edgeLabelBackground: "#1d2026",
  },
};

interface Drawing {
  url: string;
  width: number | undefined;
}

/** As wide as it was drawn; an image would stretch to the message otherwise. */
function widthOf(svg: string): number | undefined {
  const width = /viewBox="\S+ \S+ ([\d.]+) [\d.]+"/.exec(svg)?.[1];
  return width ? Math.ceil(Number(width)) : undefined;
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
      theme: "base",
      darkMode: dark,
      themeVariables: { ...PALETTES[dark ? "dark" : "light"], fontSize: "14px" },
      // The drawing becomes an image, and an image reaches no font of the page.
      fontFamily: "system-ui, sans-serif",
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
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let wanted = true;
    draw(source, dark).then(
      (svg) => {
        if (!wanted) return;
        made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
        setDrawing({ url: made, width: widthOf(svg) });
      },
      () => setDrawing(null),
    );
    return () => {
      wanted = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [source, dark]);
  if (!drawing) return fallback;
  return (
    <figure className="md-diagram">
      <img src={drawing.url} width={drawing.width} alt={t("markdown.diagram", { source })} />
    </figure>
  );
}
