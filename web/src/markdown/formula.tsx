import { Suspense } from "react";
import { lazyPart } from "@/lib/lazy-part";

const Katex = lazyPart(() => import("./katex"), "Katex");

export interface FormulaProps {
  source: string;
  display: boolean;
}

/** A formula; its source stands in until the typesetter is there. */
export function Formula({ source, display }: FormulaProps) {
  const plain = <code className={display ? "md-math-plain" : undefined}>{source}</code>;
  return (
    <Suspense fallback={plain}>
      <Katex source={source} display={display} fallback={plain} />
    </Suspense>
  );
}
