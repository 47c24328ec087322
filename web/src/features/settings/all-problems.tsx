import type { ProblemError } from "@/lib/api/problem";
import { Banner } from "@/ui/banner";

/** All that the server says of a refused form, for forms whose fields are not the server's. */
export function AllProblems({ problem }: { problem: ProblemError | null }) {
  if (!problem) return null;
  const details = [...new Set(problem.errors.map(({ detail }) => detail))];
  return (
    <Banner tone="danger">
      {details.length > 0 ? details.join(" ") : problem.detail || problem.title}
    </Banner>
  );
}
