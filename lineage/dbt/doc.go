// Package dbt reads the artifacts that dbt writes into its target folder: manifest.json into a lineage.Graph, and
// catalog.json, run_results.json and sources.json where they are there, also gzipped (manifest.json.gz).
//
// It reads manifests of schema v4 to v12 (dbt 1.0 to 1.12), tolerates unknown keys, and refuses what is no manifest, of
// another schema or half written: an answer from half a project would be wrong without looking wrong. Broken companions
// of a good manifest are left out with a warning. All text is cleaned of control characters on the way in.
//
// Watching the folder and swapping graphs is left to the app; each Load reads every file once and whole.
package dbt
