/** The part of Papa Parse that is used here; its package declares no types. https://www.papaparse.com/docs */
declare module "papaparse" {
  interface Options {
    /** "": to be guessed. */
    delimiter: string;
    delimitersToGuess: string[];
    /** How many rows to read. */
    preview: number;
    skipEmptyLines: boolean;
  }
  interface Result {
    data: string[][];
    errors: Array<{ type: string; code: string }>;
    meta: { delimiter: string };
  }
  const Papa: { parse(text: string, options: Options): Result };
  export default Papa;
}
