import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { AliasesSection } from "./aliases-section";
import { FallbacksSection } from "./fallbacks-section";

it("warns beside the names that lead to no model, and beside no other", async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <AliasesSection aliases={{ house: "vectal/pro", typo: "gtp-6" }} lost={{ typo: "gtp-6" }} />
      <FallbacksSection
        fallbacks={{ sol: ["opus", "opsu"], opus: ["sol"] }}
        lost={{ sol: ["opsu"] }}
      />
    </QueryClientProvider>,
  );
  const names = await screen.findByRole("list", { name: "Names of your own" });
  const [house, typo] = within(names).getAllByRole("listitem");
  expect(house?.textContent).not.toContain("No provider has this model now");
  expect(typo?.textContent).toContain("No provider has this model now");
  const [opus, sol] = within(screen.getByRole("list", { name: "Fallbacks" })).getAllByRole(
    "listitem",
  );
  expect(opus?.textContent).not.toContain("No provider");
  expect(sol?.textContent).toContain("No provider has this now: opsu");
});
