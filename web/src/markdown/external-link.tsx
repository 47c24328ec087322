import { ImageIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { SafeLink } from "./links";

export interface ExternalLinkProps {
  link: SafeLink;
  /** The visible words; where they don't name the target, it is shown beside them. */
  text: string;
  children: ReactNode;
}

/** A link out of the app. A reader always sees where it leads: a model may word it as it likes. */
export function ExternalLink({ link, text, children }: ExternalLinkProps) {
  const named = text.toLowerCase().includes(link.target.toLowerCase());
  return (
    <a href={link.href} target="_blank" rel="noopener noreferrer" title={link.href}>
      {children}
      {!named && <span className="md-target"> ({link.target})</span>}
    </a>
  );
}

/** An image as a link: loading it by itself would tell its host what the conversation holds. */
export function ImageLink({ link, alt }: { link: SafeLink | null; alt: string }) {
  const { t } = useTranslation();
  const label = alt || t("markdown.image");
  const content = (
    <span className="md-image">
      <ImageIcon aria-hidden size={13} />
      {label}
    </span>
  );
  if (!link || link.href.startsWith("mailto:")) return content;
  return (
    <ExternalLink link={link} text={label}>
      {content}
    </ExternalLink>
  );
}
