/**
 * Takes in the bytes of a source, wherever they come from: unpacks them, finds out what they are, and
 * passes them to Python.
 *
 * downloads.js fetches them, engine/importing/intake.py makes tables of them, and the instance knows which
 * sources there are. What the bytes show for certain overrides what a link says.
 */

import { checkSize, mostBytes } from "./capacity.js";
import { readInto } from "../runtime/read-response.js";
import { valueOf } from "../runtime/python-result.js";
import { numbersBeyondJson, shownNumber } from "./plain-values.js";
import { PythonUnpacker } from "./python-unpacker.js";
import { LocalBase } from "../storage/local-base.js";
import { headOf, isCompressed, isPacked, nameWithin, namesIn, unpack } from "./unpack.js";
import { inOneLine, LiteError, toWire } from "../../shared/errors.js";
import { recognise, unreadable } from "../../shared/file-kinds.js";
import { isJournal, withoutDatabase } from "../../shared/journals.js";
import { PAGED_FROM } from "../../shared/paging.js";
import { kindFromName } from "../../shared/remote-urls.js";

/** @typedef {import("../../shared/link-options.js").ImportOptions} ImportOptions */
/** @typedef {import("../../shared/protocol.js").Preview} Preview */
/** @typedef {import("./unpack.js").Content} Content */
/** @typedef {import("../storage/paged-content.js").Base} Base */

/**
 * Where a source is from. Python keeps this in state.json.
 *
 * @typedef {object} Origin
 * @property {"link" | "site" | "file" | "paste"} kind
 * @property {string} [url]
 * @property {string} [file]     its name
 * @property {string} [member]   path in the zip file that it comes from
 * @property {string[]} [journals]  URLs of a database's journals; names, if it was a file
 * @property {string} [addition]  identifies the addition of a file, which is then added only once
 * @property {number} size       bytes, as received
 * @property {string} sha256     "" where it was not needed
 * @property {string} etag
 * @property {string} lastModified
 * @property {number} loadedAt   ms since 1970
 */

/**
 * @typedef {object} Incoming
 * @property {string} parameter  the link's; "auto": find out from the file
 * @property {string} name       URL, or the file's name
 * @property {Uint8Array | Blob | Base} data  bytes are reused as the file's own buffer; a Base is that of
 *   a SQLite file
 * @property {Origin} origin
 * @property {ImportOptions} options
 * @property {import("./unpack.js").Journal[]} [journals]  of a database that is not packed
 * @property {string} [id]       of the source whose tables it replaces
 * @property {boolean} [mayChange]  see FileToAdd in shared/protocol.js
 */

/** @typedef {Omit<import("../../shared/protocol.js").AddResult, "problems">} Added  what became of a source */

/**
 * @typedef {object} IntakeProgress
 * @property {"read" | "import"} stage
 * @property {number} done    bytes
 * @property {number} [total]
 * @property {number} [rows]
 */

/**
 * @typedef {object} Watch
 * @property {(progress: IntakeProgress) => void} [onProgress]
 * @property {() => boolean} [isCancelled]
 */

/** Kinds that bytes identify for certain, and the parameter that opens them. */
const CERTAIN = /** @type {Record<string, string>} */ ({
  sqlite: "url",
  parquet: "parquet",
  arrow: "parquet",
  excel: "excel",
});

/** Kinds of files that list their contents at the end, and so are needed as a whole. */
const HAS_DIRECTORY = /** @type {import("../../shared/file-kinds.js").FileKind[]} */ ([
  "parquet",
  "arrow",
  "excel",
]);

/** Bytes of a text that a preview reads. */
const PREVIEW_SIZE = 256 * 1024;
const PREVIEW_ROWS = 8;

export class Intake {
  #fs;
  #python;
  #folder;
  #guard;
  #attach;
  #canStoreBlobs;
  #unpacker;
  /** How many files were laid out. The count gives each a name of its own. */
  #count = 0;

  /**
   * @param {any} fs      Pyodide's file system
   * @param {any} python  BrowserInstance of bootstrap.py
   * @param {string} folder  where files may lie until Python has used them up; beside the databases, so
   *   that a SQLite file only has to be renamed
   * @param {<T>(work: Promise<T>) => Promise<T>} guard  rejects when Python breaks down
   * @param {(path: string, base: Base) => void} attach  see WatchedFiles
   * @param {() => Promise<boolean>} canStoreBlobs  whether what is attached can be saved
   */
  constructor(fs, python, folder, guard, attach, canStoreBlobs) {
    this.#fs = fs;
    this.#python = python;
    this.#folder = folder;
    this.#guard = guard;
    this.#attach = attach;
    this.#canStoreBlobs = canStoreBlobs;
    this.#unpacker = new PythonUnpacker(fs, python, folder, guard);
    fs.mkdirTree(folder);
  }

  /**
   * @param {Incoming} incoming
   * @param {Watch} [watch]
   * @returns {Promise<Added>}
   * @throws {LiteError}
   */
  async take(incoming, watch = {}) {
    const { name, data, origin } = incoming;
    if (!(data instanceof Uint8Array || data instanceof Blob))
      return this.#takeBase(incoming, data);
    if (data instanceof File && (await this.isReadInSlices(data, incoming.journals))) {
      try {
        return await this.#takeBase(incoming, LocalBase.of(data));
      } catch (error) {
        // What can be saved of a damaged one, only a copy of all of it shows.
        if (!(error instanceof LiteError) || data.size > mostBytes()) throw error;
      }
    }
    /** @type {Added[]} */
    const taken = [];
    /** @type {unknown[]} */
    const failures = [];
    /** @type {string[]} */
    const notes = [];
    const onNote = (/** @type {string} */ note) => notes.push(note);
    for await (const file of contentsOf({ ...incoming, data }, watch, this.#unpacker, onNote)) {
      if (origin.member !== undefined && file.member !== origin.member) continue;
      try {
        taken.push(await this.#takeFile(incoming, file, watch));
      } catch (error) {
        // An archive's other files are taken in even if one of them cannot be opened.
        if (isCancelled(error) || file.member === undefined) throw error;
        failures.push(error);
      }
    }
    if (taken.length === 0) throw failures[0] ?? missing(name, origin);
    return {
      path: taken[0].path,
      added: taken.flatMap(({ added }) => added),
      notes: [
        ...notes,
        ...taken.flatMap(({ notes }) => notes),
        ...failures.map((error) => inOneLine(toWire(error))),
      ],
    };
  }

  /**
   * Take in a SQLite file that is read block by block.
   *
   * @param {Incoming} incoming
   * @param {Base} base
   * @returns {Promise<Added>}
   */
  async #takeBase({ name, origin, options, id, journals = [] }, base) {
    if (journals.length > 0) throw withJournal(name);
    const request = JSON.stringify({ parameter: "url", url: name, origin, options, id });
    const path = this.#newPath();
    this.#attach(path, base);
    try {
      const report = () => true;
      return valueOf(await this.#guard(this.#python.add_source(request, path, report)));
    } finally {
      this.#remove(path);
    }
  }

  /**
   * @param {Incoming} incoming
   * @param {Content} file
   * @param {Watch} watch
   * @returns {Promise<Added>}
   */
  async #takeFile(incoming, file, { onProgress = () => {}, isCancelled = () => false }) {
    const { parameter, problem } = await whatIs(incoming.parameter, file);
    if (problem) throw problem;
    const origin = { ...incoming.origin, ...(file.member && { member: file.member }) };
    const { options, id, mayChange } = incoming;
    const request = JSON.stringify({ parameter, url: file.name, origin, options, id, mayChange });
    /** @param {number} done @param {number} total @param {number} [rows] */
    const report = (done, total, rows) => {
      onProgress({ stage: "import", done, total, rows });
      return !isCancelled();
    };
    onProgress({ stage: "import", done: 0 });
    if (parameter === "parquet") {
      const rows = await openRows(file);
      return valueOf(await this.#guard(this.#python.add_rows(request, rows, report)));
    }
    const path = isReadOnce(parameter, file)
      ? this.#layOutInSlices(file)
      : await this.#layOut(file, onProgress, isCancelled);
    try {
      for (const { suffix, data } of file.journals ?? []) await this.#write(path + suffix, data);
      return valueOf(await this.#guard(this.#python.add_source(request, path, report)));
    } finally {
      for (const { suffix } of file.journals ?? []) this.#remove(path + suffix);
      this.#remove(path);
    }
  }

  /**
   * @param {File} file
   * @param {import("./unpack.js").Journal[]} [journals]  beside it
   * @returns {Promise<boolean>} whether it is a database that need not be in memory as a whole
   */
  async isReadInSlices(file, journals = []) {
    if (file.size < PAGED_FROM || journals.length > 0) return false;
    return recognise(await headOf(file)) === "sqlite" && this.#canStoreBlobs();
  }

  /**
   * Show what a file would become. Nothing is imported, and no more of the file is read than necessary.
   *
   * @param {File} file
   * @param {ImportOptions} options
   * @returns {Promise<Preview>}
   * @throws {LiteError}
   */
  async preview(file, options) {
    if (!(await this.isReadInSlices(file))) checkSize(file.size, file.name);
    const kind = recognise(await headOf(file));
    if (kind === "zip") {
      const contents = await namesIn(file, file.name);
      if (contents.length > 1) return archive("Zip file", contents);
    }
    const { content, complete, others = [] } = await this.#headForPreview(file, kind);
    if (others.length > 0) return archive("Archive", [content.name, ...others]);
    const { parameter, problem } = await whatIs("auto", content);
    if (problem) throw problem;
    /** @type {Omit<Incoming, "data">} */
    const request = { parameter, name: content.name, origin: fileOrigin(file, "file"), options };
    return parameter === "parquet"
      ? this.#previewRows(request, content)
      : this.#previewIn(request, content, complete);
  }

  /**
   * @param {Omit<Incoming, "data">} request
   * @param {Content} content
   * @param {boolean} complete
   * @returns {Promise<Preview>}
   */
  async #previewIn({ parameter, name, origin, options }, content, complete) {
    const path = await this.#layOut(content);
    try {
      const request = JSON.stringify({ parameter, url: name, origin, options });
      return valueOf(await this.#guard(this.#python.preview(request, path, complete)));
    } finally {
      this.#remove(path);
    }
  }

  /**
   * @param {File} file
   * @param {import("../../shared/file-kinds.js").FileKind} kind
   * @returns {Promise<{content: Content, complete: boolean, others?: string[]}>} enough of it to see what
   *   it is; for an archive, the first file, and the names of the others
   */
  async #headForPreview(file, kind) {
    const { name } = file;
    const unpacker = this.#unpacker;
    if (isCompressed(kind)) {
      const { data, complete } = await unpacker.unpack(kind, file, name, PREVIEW_SIZE);
      // These list their contents at the end, or are archives themselves.
      const inner = recognise(data);
      if (!isPacked(inner) && !HAS_DIRECTORY.includes(inner)) {
        return { content: { name: nameWithin(name), data }, complete };
      }
    }
    if (isPacked(kind)) {
      /** @type {Content[]} */
      const contents = [];
      const options = { source: name, python: unpacker };
      for await (const content of unpack({ name, data: file }, options)) contents.push(content);
      const [content, ...others] = contents;
      return { content, complete: true, others: others.map((other) => other.name) };
    }
    // These list their contents at the end.
    const isWhole = HAS_DIRECTORY.includes(kind) || file.size <= PREVIEW_SIZE;
    const data = isWhole ? file : file.slice(0, PREVIEW_SIZE);
    return { content: { name, data }, complete: isWhole };
  }

  /**
   * Show Python the first rows as JSON, since it cannot read these files.
   *
   * @param {Omit<Incoming, "data">} request
   * @param {Content} content
   * @returns {Promise<Preview>}
   */
  async #previewRows(request, { data, name }) {
    const reader = await openRows({ data, name });
    const columns = JSON.parse(reader.columns);
    const rows = reader.firstRows(PREVIEW_ROWS);
    const objects = rows.map((row) =>
      Object.fromEntries(row.map((value, index) => [columns[index].name, value])),
    );
    const json = new TextEncoder().encode(numbersBeyondJson(JSON.stringify(objects)));
    const seen = await this.#previewIn(
      { ...request, parameter: "json" },
      { name, data: json },
      true,
    );
    const [table] = seen.tables;
    const distinct = new Map(table.columns.map((column) => [column.name, column.distinct]));
    const tables = [
      {
        ...table,
        columns: columns.map((/** @type {{name: string, type: string}} */ { name, type }) => ({
          name,
          type: ["integer", "float"].includes(type) ? type : "text",
          distinct: distinct.get(name) ?? false,
        })),
        rows: rows.map((row) => row.map(shownNumber)),
        count: reader.count,
      },
    ];
    return { ...seen, kind: "parquet", kindInWords: reader.inWords, tables };
  }

  /**
   * Lay a file out for Python.
   *
   * @param {Content} file
   * @param {(progress: IntakeProgress) => void} [onProgress]
   * @param {() => boolean} [isCancelled]
   * @returns {Promise<string>} its path there
   */
  async #layOut({ data }, onProgress = () => {}, isCancelled = () => false) {
    const path = this.#newPath();
    await this.#write(path, data, (done, total) => {
      if (isCancelled()) throw cancelled();
      onProgress({ stage: "read", done, total });
    });
    return path;
  }

  /**
   * Lay a file out for Python of which only the part that it reads next is in memory.
   *
   * @param {{name: string, data: Blob}} file
   * @returns {string} its path there
   */
  #layOutInSlices({ name, data }) {
    const path = this.#newPath();
    this.#attach(path, LocalBase.named(name, data));
    return path;
  }

  /**
   * @param {string} path
   * @param {Uint8Array | Blob} data
   * @param {import("../runtime/read-response.js").ByteProgress} [onProgress]
   */
  async #write(path, data, onProgress = () => {}) {
    const bytes =
      data instanceof Uint8Array ? data : await readInto(data.stream(), data.size, onProgress);
    // Its buffer becomes the file's, because large files must not exist twice.
    this.#fs.writeFile(path, bytes, { canOwn: true });
  }

  /** @returns {string} where a file may lie that Python is going to use up */
  #newPath() {
    return `${this.#folder}/source-${++this.#count}`;
  }

  /** @param {string} path  of a file that Python should have used up */
  #remove(path) {
    if (this.#fs.analyzePath(path).exists) this.#fs.unlink(path);
  }
}

/**
 * @param {File} file
 * @param {"file" | "paste"} kind
 * @returns {Origin}
 */
export function fileOrigin(file, kind) {
  return {
    ...{ kind, file: file.name, size: file.size, sha256: "", etag: "" },
    lastModified: file.lastModified ? new Date(file.lastModified).toUTCString() : "",
    loadedAt: Date.now(),
  };
}

/**
 * @param {string} parameter
 * @param {Content} file
 * @returns {file is Content & {data: Blob}} whether it is on disk, and read from its beginning to its end, so
 *   that it need not be in memory as a whole
 */
function isReadOnce(parameter, file) {
  const { name, data } = file;
  const kind = parameter === "auto" ? kindFromName(name) : parameter;
  return data instanceof Blob && data.size >= PAGED_FROM && kind === "csv";
}

/** @returns {LiteError} the error that ends a cancelled import */
export function cancelled() {
  return new LiteError("The import was cancelled.", { name: "Cancelled" });
}

/** @param {unknown} error */
export function isCancelled(error) {
  return error instanceof Error && error.name === "Cancelled";
}

/**
 * @param {Incoming & {data: Uint8Array | Blob}} incoming
 * @param {Watch} watch
 * @param {PythonUnpacker} python
 * @param {(note: string) => void} onNote
 * @returns {AsyncGenerator<Content, void, void>}
 */
async function* contentsOf({ name, data, journals, parameter }, watch, python, onNote) {
  const { onProgress = () => {}, isCancelled } = watch;
  // Files about the data are small and never packed.
  if (parameter === "metadata" || parameter === "config") {
    yield { name, data };
    return;
  }
  yield* unpack(
    { name, data, journals },
    {
      source: name,
      python,
      onNote,
      onProgress(done, total) {
        if (isCancelled?.()) throw cancelled();
        onProgress({ stage: "read", done, total });
      },
    },
  );
}

/**
 * @param {string} asked  the parameter
 * @param {Content} file
 * @returns {Promise<{parameter: string, problem?: LiteError}>} what to open it as
 */
async function whatIs(asked, { name, data, member }) {
  if (asked === "metadata" || asked === "config") return { parameter: asked };
  const kind = recognise(await headOf(data));
  const problem =
    kind === "binary" && isJournal(name) ? withoutDatabase(name) : unreadable(kind, name);
  if (problem) return { parameter: asked, problem };
  const certain = CERTAIN[kind];
  if (certain) return { parameter: certain };
  // An archive's files are better named by their own names than by a link to all of them.
  const parameter = (member !== undefined && kindFromName(member)) || asked;
  if (parameter === "parquet" || (asked === "auto" && kindFromName(name) === "parquet")) {
    const what = kind === "empty" ? "is empty" : "is neither a Parquet nor an Arrow file";
    return {
      parameter,
      problem: new LiteError(`${name} ${what}.`, {
        hint: "Check that the file is complete and the right one. Use csv= for CSV and json= for JSON.",
        source: name,
      }),
    };
  }
  return { parameter };
}

/**
 * @param {Pick<Content, "name" | "data">} file  Parquet or Arrow
 * @returns {Promise<import("./parquet.js").ParquetRows | import("./arrow.js").ArrowRows>}
 * @throws {LiteError} it is damaged, or holds something that cannot be read
 */
async function openRows({ name, data }) {
  const isArrow = recognise(await headOf(data)) === "arrow";
  // Loaded only now, though from the same script: their libraries compute tables, which takes 5 ms.
  return isArrow
    ? (await import("./arrow.js")).openArrow(data, name)
    : (await import("./parquet.js")).openParquet(data, name);
}

/**
 * @param {string} what  kind of archive
 * @param {string[]} contents  what is in it; each file is identified by itself
 * @returns {Preview}
 */
function archive(what, contents) {
  const kindInWords = `${what} with ${contents.length} data files`;
  return { kind: "zip", kindInWords, database: "data", databases: [], tables: [], contents };
}

/**
 * @param {string} name
 * @param {Origin} origin
 * @returns {LiteError} for a file from which nothing came out
 */
function missing(name, { member }) {
  return new LiteError(`${name} no longer contains ${member}.`, {
    hint: "It was replaced by another file. Open it again from its address.",
    source: name,
  });
}

/**
 * @param {string} name
 * @returns {LiteError} for a journal beside a database that is read block by block
 */
function withJournal(name) {
  return new LiteError(`${name} cannot be read block by block together with its journal.`, {
    hint: "Add range=0 to the link after the database, so that all of it is downloaded.",
    source: name,
  });
}
