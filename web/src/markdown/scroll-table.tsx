import type { Tokens } from "marked";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { renderInline } from "./render-inline";

function style(cell: Tokens.TableCell) {
  return cell.align ? { textAlign: cell.align } : undefined;
}

const Row = memo(
  ({ row }: { row: Tokens.TableCell[] }) => (
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
    before.row.length === now.row.length &&
    before.row.every(
      (cell, i) => cell.text === now.row[i]?.text && cell.align === now.row[i]?.align,
    ),
);

/** A table that scrolls by itself when it is wider than the message; the keyboard reaches it. */
export function ScrollTable({ table }: { table: Tokens.Table }) {
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
            <Row key={i} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
