/** What this build's worker loads and keeps, as version.d.ts describes it. */
export default VERSION.manifest;
