import type { Tokens } from "marked";
import { memo } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { Definitions } from "./grammar";
import { renderInline } from "./render-inline";

function style(cell: Tokens.TableCell) {
  return cell.align ? { textAlign: cell.align } : undefined;
}

interface RowProps {
  row: Tokens.TableCell[];
  /** Links in the cells may change with them. */
  definitions: Definitions;
}

const Row = memo(
  ({ row }: RowProps) => (
    <tr>
      {row.map((cell, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- cells have no identity but their place
        <td key={i} style={style(cell)}>
          {renderInline(cell.tokens)}
        </td>
      ))}
    </tr>
  ),
  (before, now) =>
    before.definitions === now.definitions &&
    before.row.length === now.row.length &&
    before.row.every(
      (cell, i) => cell.text === now.row[i]?.text && cell.align === now.row[i]?.align,
    ),
);

export interface ScrollTableProps {
  table: Tokens.Table;
  definitions: Definitions;
}

/** A table that scrolls by itself when it is wider than the message; the keyboard reaches it. */
export function ScrollTable({ table, definitions }: ScrollTableProps) {
  const { t } = useTranslation();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroller must take the keyboard
    <section className="md-table" tabIndex={0} aria-label={t("markdown.table")}>
      <table>
        <thead>
          <tr>
            {table.header.map((cell, i) => (
              // oxlint-disable-next-line react/no-array-index-key -- cells have no identity but their place
              <th key={i} style={style(cell)}>
                {renderInline(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, i) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows only ever join at the end
            <Row key={i} row={row} definitions={definitions} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
