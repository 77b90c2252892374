/** Bytes that a first visit downloads before its first page, without data; scripts/bundle_embed.py sets it. */
declare const FIRST_DOWNLOAD: number;
