/**
 * Holds the person's choices for one file, and makes ImportOptions of them.
 *
 * The options contain only what was changed: the rest is found out from the whole file, of which a
 * preview sees only the head. Knows nothing of the DOM.
 */

/** @typedef {import("../../shared/protocol.js").ImportOptions} ImportOptions */
/** @typedef {import("../../shared/protocol.js").Preview} Preview */
/** @typedef {import("../../shared/protocol.js").PreviewTable} PreviewTable */

/** What to do where the name is taken. @typedef {"rename" | "replace" | "add"} Exists */

/**
 * @param {Pick<TableChoices, "rename">} choices
 * @param {string} name  of a column in the file
 * @returns {string} the name that it gets
 */
export function newName({ rename }, name) {
  return rename.get(name) ?? name;
}

/** The choices for one table of a file, or for a SQLite file as a whole. */
export class TableChoices {
  /** Whether to leave the table out. */
  skip = false;
  /** Whether it is a sheet that is hidden in the file. */
  hidden = false;
  /** "" keeps the suggested name. */
  name = "";
  /** @type {Exists} */
  exists = "rename";
  /** The table that an earlier import of this file made, and that the next one replaces. */
  made = "";
  /** @type {boolean | undefined} */
  header = undefined;
  /** @type {number | undefined} */
  skiprows = undefined;
  /** @type {Map<string, string>} by column, where it differs from the type that was found out */
  types = new Map();
  /** @type {Map<string, string>} new names of columns, by those in the file */
  rename = new Map();
  /** @type {Set<string>} columns */
  pk = new Set();
  /** @type {Set<string>} columns */
  fts = new Set();
  /** @type {Set<string>} columns */
  drop = new Set();

  /** @param {string} table  that an import with these choices has made, and that the next one replaces */
  replace(table) {
    this.name = this.made = table;
    this.exists = "replace";
  }

  /**
   * @returns {ImportOptions} those that change a preview
   */
  reading() {
    const { name, header, skiprows, hidden } = this;
    return {
      ...(hidden && { hidden }),
      ...(name !== "" && { name }),
      ...(header !== undefined && { header }),
      ...(skiprows !== undefined && { skiprows }),
    };
  }

  /**
   * @param {PreviewTable | undefined} table  as it was last seen; undefined for a SQLite file
   * @param {boolean} taken
   * @returns {ImportOptions}
   */
  options(table, taken) {
    // Choices for a column that disappeared with another separator are of no use.
    const names = table?.columns.map(({ name }) => name) ?? [];
    const kept = names.filter((name) => !this.drop.has(name));
    const types = kept.flatMap((name) => {
      const type = this.types.get(name);
      return type === undefined ? [] : [[name, type]];
    });
    const rename = this.#renamed(names);
    const list = (/** @type {Set<string>} */ chosen) => kept.filter((name) => chosen.has(name));
    const drop = names.filter((name) => this.drop.has(name));
    return {
      ...this.reading(),
      ...(taken && { exists: this.exists }),
      ...(types.length > 0 && { types: Object.fromEntries(types) }),
      ...(rename.length > 0 && { rename: Object.fromEntries(rename) }),
      ...(list(this.pk).length > 0 && { pk: list(this.pk) }),
      ...(list(this.fts).length > 0 && { fts: list(this.fts) }),
      ...(drop.length > 0 && { drop }),
    };
  }

  /**
   * @param {string[]} names  of the columns in the file
   * @returns {Array<[string, string]>} those that get another name, with it
   */
  #renamed(names) {
    const given = names.flatMap((name) => {
      const changed = this.drop.has(name) ? undefined : this.rename.get(name);
      return changed === undefined ? [] : [/** @type {[string, string]} */ ([name, changed])];
    });
    // A column that is left out makes way for one that gets its name.
    const wanted = new Set(given.map(([, changed]) => changed.toLowerCase()));
    const inTheWay = names.filter((name) => this.drop.has(name) && wanted.has(name.toLowerCase()));
    return [
      ...given,
      ...inTheWay.map((name) => /** @type {[string, string]} */ ([name, `${name} (left out)`])),
    ];
  }
}

/**
 * How to read the text of a CSV file, where a person specifies it.
 *
 * @typedef {Pick<ImportOptions, "delimiter" | "encoding" | "quote" | "escape" | "comment" | "null"
 *   | "decimal" | "thousands" | "dates">} Reading
 */

export class FileChoices {
  /** @type {Reading} */
  text = {};
  /** @type {Map<string, TableChoices>} by the table's name in the file; "" where it has none */
  #tables = new Map();

  /**
   * @param {string} source
   * @returns {TableChoices}
   */
  table(source) {
    let choices = this.#tables.get(source);
    if (!choices) this.#tables.set(source, (choices = new TableChoices()));
    return choices;
  }

  /** @returns {ImportOptions} those that change a preview */
  reading() {
    return this.#together((choices) => choices.reading());
  }

  /**
   * @param {Preview} preview  the last one
   * @returns {ImportOptions}
   */
  options(preview) {
    return this.#together((choices, source) => {
      const table = preview.tables.find((candidate) => candidate.source === source);
      return choices.options(table, (table ?? preview).taken ?? false);
    });
  }

  /** @param {(choices: TableChoices, source: string) => ImportOptions} optionsOf */
  #together(optionsOf) {
    /** @type {ImportOptions} */
    const options = { ...this.text };
    for (const [source, choices] of this.#tables) {
      const own = choices.skip ? { skip: true } : optionsOf(choices, source);
      if (source === "") Object.assign(options, own);
      else if (Object.keys(own).length > 0) (options.tables ??= {})[source] = own;
    }
    return options;
  }
}
