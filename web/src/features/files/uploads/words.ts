import type { ProblemError } from "@/lib/api/problem";
import type { Translate } from "@/lib/i18n/namespaces";

const WORDS = {
  "files.quota_exceeded": "uploads.problem.quota",
  "files.too_large": "uploads.problem.tooLarge",
  "files.too_large_to_scan": "uploads.problem.tooLargeToScan",
  "files.infected": "uploads.problem.virus",
  "files.invalid_name": "uploads.problem.name",
  "files.limit_reached": "uploads.problem.limit",
  "files.folder_not_found": "uploads.problem.folder",
  "files.upload_gone": "uploads.problem.gone",
  "network.offline": "uploads.problem.network",
  "network.timeout": "uploads.problem.network",
} as const;

/** Why an upload has failed, for a person. */
export function uploadWords(problem: ProblemError, t: Translate<"files">): string {
  const known = WORDS[problem.code as keyof typeof WORDS];
  if (known) return t(known);
  if (problem.status === 403) return t("uploads.problem.notAllowed");
  return problem.message;
}
