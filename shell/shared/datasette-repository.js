/**
 * Where the source of Datasette is, for links whose `ref` is a branch, tag or commit.
 *
 * GitHub allows pages of other sites to read its API and single files, but not the archives of a
 * repository. engine/packages/github.py fetches them.
 */

export const DATASETTE_REPOSITORY = {
  /** Its page, for people. */
  page: "https://github.com/simonw/datasette",
  /** Resolves names to commits, and lists the files of a commit. */
  api: "https://api.github.com/repos/simonw/datasette",
  /** Has the files, at /COMMIT/PATH. */
  raw: "https://raw.githubusercontent.com/simonw/datasette",
};

/** The host that a page names where it asks whether its code may run. */
export const REPOSITORY_HOST = new URL(DATASETTE_REPOSITORY.page).host;
