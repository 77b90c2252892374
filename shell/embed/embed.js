/**
 * The source of embed.js at the site's root: defines <datasette-lite> (docs/embedding.md).
 */

import { DatasetteLite } from "./element.js";

if (!customElements.get("datasette-lite")) customElements.define("datasette-lite", DatasetteLite);
