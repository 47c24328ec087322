import { Button } from "@/ui/button";

/** Every primitive on one page, for people who build the interface. Not in the production build. */
export function GalleryPage() {
  return <Button variant="primary">Primary</Button>;
}
