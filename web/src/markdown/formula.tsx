import { lazy, Suspense } from "react";

const Katex = lazy(() => import("./katex").then((module) => ({ default: module.Katex })));

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
