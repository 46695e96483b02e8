// The bank's question. The answer goes to the fake, and what comes of it to the page.
(() => {
  'use strict';

  const { facts, post, tell } = window.fake;
  const buttons = [...document.querySelectorAll('button')];

  const decide = async (outcome) => {
    for (const button of buttons) button.disabled = true;
    tell('decided', await post('/_client/authenticate', { client_secret: facts.get('secret'), outcome }));
  };

  document.getElementById('complete').addEventListener('click', () => decide('succeed'));
  document.getElementById('fail').addEventListener('click', () => decide('fail'));
  tell('ready');
})();
