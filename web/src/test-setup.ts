import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";
import { startI18n } from "./lib/i18n/i18n";

// Tests of bare logic may run without a document.
if (typeof document !== "undefined") {
  // happy-dom has no doctype, and the formula typesetter refuses quirks mode.
  Object.defineProperty(document, "compatMode", { value: "CSS1Compat" });
  await startI18n();
  afterEach(cleanup);
}
