// SPDX-License-Identifier: GPL-3.0-or-later
// Two PouchDB databases, told what to do by lines of JSON: {"do", "name", ...} gives {"answer"} or {"error"}.
// Runs with the modules of the folder named by the first argument. A record is a document.
"use strict";
const fs = require("fs");
const path = require("path");
const PouchDB = require(path.join(process.argv[2], "pouchdb"));
const TOGETHER = 500, OPTIONS = { batch_size: 1000, batches_limit: 10 };
const places = {};

const lines = (file) => fs.readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));

const verbs = {
  async open(place, { path: folder, url }) { return { db: new PouchDB(folder), url }; },
  async at(place, { url }) { place.url = url; },
  async add(place, { path: file }) {
    const all = lines(file).map(({ id, ...rest }) => ({ _id: id, ...rest }));
    for (let at = 0; at < all.length; at += TOGETHER) await place.db.bulkDocs(all.slice(at, at + TOGETHER));
  },
  async edit(place, { path: file }) {
    const edits = lines(file);
    const found = await place.db.allDocs({ keys: edits.map((one) => one.id), include_docs: true });
    const answers = await place.db.bulkDocs(found.rows.map((row, at) => ({ ...row.doc, ...edits[at].set })));
    const refused = answers.find((one) => one.error);
    if (refused) throw new Error(JSON.stringify(refused));
  },
  async sync(place) { await place.db.sync(place.url, OPTIONS); },
  async push(place) { await place.db.replicate.to(place.url, OPTIONS); },
  async pull(place) { await place.db.replicate.from(place.url, OPTIONS); },
  async shown(place, { path: file }) {
    const edits = lines(file);
    const found = await place.db.allDocs({ keys: edits.map((one) => one.id), include_docs: true });
    return edits.filter((one, at) =>
      Object.entries(one.set).every(([name, value]) => found.rows[at].doc[name] === value)).length;
  },
  async count(place) { return (await place.db.info()).doc_count; },
};

async function answer(line) {
  const { do: verb, name, ...asked } = JSON.parse(line);
  try {
    const given = await verbs[verb](places[name], asked);
    if (verb === "open") places[name] = given;
    return { answer: verb === "open" || given === undefined ? null : given };
  } catch (error) {
    return { error: String((error && error.message) || error) };
  }
}

let turn = Promise.resolve();
require("readline").createInterface({ input: process.stdin })
  .on("line", (line) => { turn = turn.then(() => answer(line)).then((said) => console.log(JSON.stringify(said))); })
  .on("close", () => turn.then(() => process.exit(0)));
