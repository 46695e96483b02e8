// The fields of forms, and what is common to forms that have them. Each part is a field or a group of them;
// they are served as one script, fields.js (http/assets.rs), so that no page waits for a request more.

import { isForLanguage, say, showNotice } from './ledger.js';

const $ = (id) => document.getElementById(id);

const isEmpty = (value) => value.trim() === '';
const filled = (missing) => (value) => (isEmpty(value) ? missing : null);

/** First and last name. */
const nameChecks = {
  first_name: filled(say('missing-first-name')),
  last_name: filled(say('missing-last-name')),
};
