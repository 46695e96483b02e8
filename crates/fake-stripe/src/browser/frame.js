// What both frames have in common: who embeds them, and messages to and from that page alone.
(() => {
  'use strict';

  const facts = new URLSearchParams(window.location.hash.slice(1));
  const embedder = facts.get('origin');

  const send = (message) => window.parent.postMessage(message, embedder);

  window.fake = {
    facts,

    tell: (type, value = {}) => send({ type, value }),

    /** Answers what the page asks. */
    answer: (handlers) => window.addEventListener('message', async (event) => {
      if (event.origin !== embedder || event.source !== window.parent) return;
      const { type, request, value } = event.data;
      if (handlers[type]) send({ type: 'answer', request, value: await handlers[type](value) });
    }),

    post: async (path, body) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${facts.get('key')}` };
      try {
        const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
        return await answer.json();
      } catch {
        return { error: { type: 'api_connection_error', message: 'The gateway could not be reached.' } };
      }
    },
  };
})();
