import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { arrays, parseCsv, type ColumnData, type TableColumn } from "@snapfit/data";
import { readCsv } from "@snapfit/data/node";

const text = `species, mass ,year,note
Gentoo,3750.5, 2007 ,plain
Adelie,NA,2008,"with ""quotes"",
and a line break"
Gentoo,,-3,NA
`;

describe("parseCsv", () => {
  it("reads typed columns, quoted fields, missing values and categories", () => {
    const table = parseCsv(text, { columns: { species: "category", mass: "number", year: "integer", note: "string" } });
    expect(table).toEqual({
      numRows: 3,
      columns: {
        species: Int32Array.of(1, 0, 1),
        mass: Float32Array.of(3750.5, NaN, NaN),
        year: Int32Array.of(2007, 2008, -3),
        note: ["plain", 'with "quotes",\nand a line break', "NA"],
      },
      categories: { species: ["Adelie", "Gentoo"] },
    });
    expectTypeOf(table.columns).toEqualTypeOf<{
      readonly species: Int32Array;
      readonly mass: Float32Array;
      readonly year: Int32Array;
      readonly note: string[];
    }>();
    expectTypeOf(table.categories).toEqualTypeOf<{ readonly species: readonly string[] }>();
    expect(arrays(table.columns).length).toBe(3);
  });

  it("takes classes in a given order, and marks missing ones", () => {
    const columns = { species: ["Gentoo", "Adelie", "Chinstrap"] } as const;
    expect(parseCsv("species\nAdelie\nNA\nGentoo\n", { columns })).toEqual({
      numRows: 3,
      columns: { species: Int32Array.of(1, -1, 0) },
      categories: { species: columns.species },
    });
    expect(() => parseCsv("species\nEmperor", { columns })).toThrow(
      'CSV text, line 2, column "species": "Emperor" is not one of Gentoo, Adelie, Chinstrap.',
    );
  });

  it("takes all line ends, a byte order mark, blank lines, and other delimiters and missing values", () => {
    const columns = { a: "number", b: "string" } as const;
    const expected = { numRows: 2, columns: { a: Float32Array.of(1, NaN), b: ["x", "y"] }, categories: {} };
    for (const end of ["\n", "\r\n", "\r"]) {
      expect(parseCsv(["a,b", "1,x", "", "NA,y"].join(end), { columns })).toEqual(expected);
      expect(parseCsv(["\ufeffa,b", "1,x", "NA,y", ""].join(end), { columns })).toEqual(expected);
    }
    expect(parseCsv("a;b\n1;x\n?;y", { columns, delimiter: ";", missing: ["?"] })).toEqual(expected);
    expect(parseCsv("a,b\n", { columns }).numRows).toBe(0);
    expect(parseCsv("a\n1\n\n2\n", { columns: { a: "number" } }).columns.a).toEqual(Float32Array.of(1, NaN, 2));
  });

  it("reads numbers as written, and nothing else as numbers", () => {
    const { a } = parseCsv("a\n+1.5\n-2.\n.5\n1e3\n2E-2\n-0", { columns: { a: "number" } }).columns;
    expect([...a]).toEqual([1.5, -2, 0.5, 1000, Math.fround(0.02), -0]);
    for (const bad of ["1,5", "0x10", "1e", "Infinity", "NaN", "1e39", "1 2", "."])
      expect(() => parseCsv(`a\n"${bad}"`, { columns: { a: "number" } })).toThrow(`"${bad}" is not a number`);
    for (const bad of ["1.5", "1e3", "2147483648", "NA", "-2147483649", ""])
      expect(() => parseCsv(`a,b\n${bad},1`, { columns: { a: "integer" } })).toThrow(`"${bad}" is not an integer`);
  });

  it("names file, line, column, value and what was expected", () => {
    const columns = { year: "integer", note: "string" } as const;
    const cases: [string, string, string][] = [
      ["CSV_VALUE", text.replace(",-3,", ",x,"), 'birds.csv, line 5, column "year": "x" is not an integer from'],
      [
        "CSV_MALFORMED",
        text.replace(",-3,", ",1,1,"),
        "birds.csv, line 5: there are 5 fields, but the header has 4: species, mass, year, note.",
      ],
      ["CSV_MALFORMED", `${text}Adelie,1`, "line 6: there are 2 fields"],
      ["CSV_MALFORMED", 'year,note\n1,"open', "line 2: a quoted field has no end. Quotes within a quoted field are written twice."],
      ["CSV_MALFORMED", "", "line 1: there is no header."],
      ["CSV_MALFORMED", "\n1", "there is no header"],
      ["CSV_COLUMN", "yaer,note\n1,2", 'birds.csv has no column "year". Did you mean "yaer"? Its header is yaer, note.'],
      ["CSV_COLUMN", "year,year,note\n1,2,3", 'has the column "year" twice'],
    ];
    for (const [code, content, message] of cases) {
      expect(() => parseCsv(content, { columns }, "birds.csv")).toThrow(message);
      expect(() => parseCsv(content, { columns }, "birds.csv")).toThrow(expect.objectContaining({ code }));
    }
    for (const end of ["\n", "\r\n", "\r"])
      expect(() => parseCsv(["\ufeffyear,note", "1,", "x,"].join(end), { columns })).toThrow("line 3, column");
    expect(() => parseCsv("a\n1", { columns: { a: "number" }, delimiter: '"' })).toThrow("parseCsv() got delimiter: ");
  });

  it("gives back any table that is quoted as it should be", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", " ", "é", "1", ";") });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, fc.integer({ min: -9, max: 9 })), { maxLength: 6 }),
        fc.constantFrom("\n", "\r\n"),
        (rows, end) => {
          const lines = rows.map(([note, year]) => `"${note.replaceAll('"', '""')}",${year}`);
          const { columns } = parseCsv(["note,year", ...lines].join(end), { columns: { note: "string", year: "integer" } });
          expect(columns.note).toEqual(rows.map(([note]) => note));
          expect([...columns.year]).toEqual(rows.map(([, year]) => year + 0));
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  it("fails in no other way than with its codes, on any text", () => {
    const anything = fc.string({
      unit: fc.oneof(
        fc.constantFrom("a", "b", ",", '"', "\n", "\r", "1", ".", "NA", "\ufeff", "\0"),
        fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
      ),
      maxLength: 40,
    });
    const kinds: TableColumn[] = ["number", "integer", "boolean", "date", "string", "category", ["a"]];
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom(...kinds),
        fc.constantFrom("a", "__proto__", ""),
        fc.boolean(),
        (body, kind, name, hasHeader) => {
          try {
            const table = parseCsv(hasHeader ? `a,b\n${body}` : body, { columns: { [name]: kind } });
            const [column] = Object.values<ColumnData<TableColumn>>(table.columns);
            expect(column && "shape" in column ? column.shape[0] : (column?.length ?? table.numRows)).toBe(table.numRows);
          } catch (error) {
            expect(error).toMatchObject({ name: "SnapfitError", code: expect.stringMatching(/^CSV_(MALFORMED|COLUMN|VALUE)$/) as string });
          }
        },
      ),
      { seed: 2, numRuns: 2000 },
    );
  });
});

describe("readCsv", () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "snapfit-csv-"))));
  afterAll(() => rm(folder, { recursive: true }));

  it("reads files in UTF-8 and names those that are not", async () => {
    await writeFile(join(folder, "a.csv"), "\ufeffname,x\nüñí,1\n");
    expect((await readCsv(join(folder, "a.csv"), { columns: { name: "string" } })).columns.name).toEqual(["üñí"]);
    await writeFile(join(folder, "b.csv"), Uint8Array.of(0x61, 0x0a, 0xff, 0xfe));
    await expect(readCsv(join(folder, "b.csv"), { columns: { a: "string" } })).rejects.toThrow(
      "b.csv, line 2: there are bytes that are not UTF-8 text.",
    );
    await expect(readCsv(join(folder, "a.csv"), { columns: { x: "number", y: "number" } })).rejects.toMatchObject({ code: "CSV_COLUMN" });
    await expect(readCsv(join(folder, "c.csv"), { columns: {} })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

const dataFolder = process.env["SNAPFIT_DATA"];
if (!dataFolder) console.info("Skipped: reading penguins and dialogues. Set SNAPFIT_DATA to the folder of data sets.");

describe.skipIf(!dataFolder)("real tables", () => {
  it("penguins has 344 rows of three species, and 19 missing cells", async () => {
    const measurements = { bill_length_mm: "number", bill_depth_mm: "number", flipper_length_mm: "number", body_mass_g: "number" } as const;
    const { numRows, columns, categories } = await readCsv(join(dataFolder!, "penguins/penguins.csv"), {
      columns: { species: "category", island: "category", sex: "category", year: "integer", ...measurements },
    });
    expect(numRows).toBe(344);
    expect(categories).toEqual({
      species: ["Adelie", "Chinstrap", "Gentoo"],
      island: ["Biscoe", "Dream", "Torgersen"],
      sex: ["female", "male"],
    });
    expect([0, 1, 2].map((species) => columns.species.filter((value) => value === species).length)).toEqual([152, 68, 124]);
    const numMissing = Object.keys(measurements).reduce((sum, name) => sum + columns[name as "body_mass_g"].filter(Number.isNaN).length, 0);
    expect(numMissing + columns.sex.filter((value) => value === -1).length).toBe(19);
    expect([columns.bill_length_mm[0], columns.year[0]]).toEqual([Math.fround(39.1), 2007]);
  });

  it("dialogues and answers have the known number of rows", async () => {
    const dialogues = await readCsv(join(dataFolder!, "mts-dialog/MTS-Dialog-ValidationSet.csv"), {
      columns: { ID: "integer", section_header: "category", dialogue: "string" },
    });
    expect(dialogues.numRows).toBe(100);
    expect(dialogues.columns.dialogue.every((dialogue) => dialogue.includes("\n"))).toBe(true);
    const answers = await readCsv(join(dataFolder!, "chatbot-ko/ChatbotData.csv"), {
      columns: { Q: "string", A: "string", label: ["0", "1", "2"] },
    });
    expect([0, 1, 2].map((label) => answers.columns.label.filter((value) => value === label).length)).toEqual([5290, 3570, 2963]);
  });
});
