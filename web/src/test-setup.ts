import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// Tests of bare logic may run without a document.
if (typeof document !== "undefined") {
  // happy-dom has no doctype, and the formula typesetter refuses quirks mode.
  Object.defineProperty(document, "compatMode", { value: "CSS1Compat" });
  afterEach(cleanup);
}
