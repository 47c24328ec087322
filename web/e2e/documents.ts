import { deflateSync } from "node:zlib";

/** A PDF of lines in Helvetica 12; the first line of a page stands 92 points below its top. */
export function pdf(pages: readonly (readonly string[])[]): Buffer {
  const contents = pages.map(
    (lines) =>
      `BT /F1 12 Tf 72 700 Td 20 TL ${lines.map((line) => `(${line}) Tj T*`).join(" ")} ET`,
  );
  const kids = pages.map((_, n) => `${4 + 2 * n} 0 R`).join(" ");
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    `<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ...contents.flatMap((content, n) => [
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + 2 * n} 0 R>>`,
      `<</Length ${content.length}>>stream\n${content}\nendstream`,
    ]),
  ];
  let made = "%PDF-1.4\n";
  const offsets = objects.map((object, n) => {
    const at = made.length;
    made += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const start = made.length;
  const count = objects.length + 1;
  made += `xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n`;
  made += `<</Size ${count}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(made, "latin1");
}

let crcs: number[] | null = null;

function crc32(bytes: Buffer): number {
  crcs ??= Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcs[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function part(kind: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), body]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(body.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

/** A picture of hills at dusk. */
export function png(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const hill = height * (0.62 + 0.12 * Math.sin((x / width) * 7) + 0.05 * Math.sin(x / 23));
      const at = y * (1 + width * 3) + 1 + x * 3;
      const sky = y / height;
      rows.set(y > hill ? [38, 52, 70] : [250 - 60 * sky, 170 - 20 * sky, 130 + 80 * sky], at);
    }
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    part("IHDR", head),
    part("IDAT", deflateSync(rows)),
    part("IEND", Buffer.alloc(0)),
  ]);
}

export const LEASE: readonly (readonly string[])[] = [
  ["Tenancy agreement", "between the house in Willow Street and its tenant."],
  [
    "Notice",
    "The tenant may end the agreement by giving three months written warning.",
    "The landlord needs a reason that the law accepts.",
  ],
  ["Animals", "Dogs and cats are welcome if the neighbours agree."],
];
