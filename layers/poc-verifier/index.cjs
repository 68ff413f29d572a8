/** The package's edge in Node: compiles the module that stands beside this file, once for a process. */
'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const compiled = new WebAssembly.Module(readFileSync(join(__dirname, 'verifier.wasm')));

/** The exports of a new instance, with a page of memory of its own. The module imports nothing. */
exports.instantiate = () => new WebAssembly.Instance(compiled, {}).exports;
