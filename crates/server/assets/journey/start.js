// The journey in three steps. Its parts are served as one script, journey.js (http/assets.rs), so that no page
// waits for a request more; the last of them, steps.js, sets it going.

import {
  Ledger, askBank, isForLanguage, localise, pause, read, readWhole, say, showNotice, watch,
} from './ledger.js';

const $ = (id) => document.getElementById(id);
