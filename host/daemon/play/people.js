// SPDX-License-Identifier: MIT
//
// What other people have to do with this terminal: notices for all, who types along, input that is
// frozen for a while, and the raised hand. All of it lies over the terminal or in the header: a
// strip of its own would change the terminal's size under the program.

import { request } from './link.js';

const NOTE_MAX = 200;
const $ = (id) => document.getElementById(id);

let term = null; // xterm's
let terminal = null; // whose facts these are
let canRaise = false;
let isUp = false;
let frozenUntil = 0; // by performance.now()
let countdown = 0;

// --- frozen input ---

export function isFrozen() {
    return performance.now() < frozenUntil;
}

function showLeft() {
    const seconds = Math.ceil((frozenUntil - performance.now()) / 1000);
    const minutes = Math.floor(seconds / 60);

    if (seconds <= 0) {
        clearInterval(countdown);
        $('frozen').hidden = true;
        return;
    }
    $('frozen-left').textContent = `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}

// For so many ms from now, 0 for no more.
export function showFrozen(left, by) {
    const text = by ? `Input is frozen by ${by}.` : 'Input is frozen.';

    clearInterval(countdown);
    frozenUntil = left > 0 ? performance.now() + left : 0;
    $('frozen').hidden = !frozenUntil;
    if (!frozenUntil) return;
    if ($('frozen-text').textContent !== text) $('frozen-text').textContent = text;
    showLeft();
    countdown = setInterval(showLeft, 250);
}

// --- who takes part ---

function showCompany(names) {
    const verb = names.includes(',') ? 'are' : 'is';

    $('company').hidden = !names;
    if (names) $('company').textContent = `${names} ${verb} typing with you`;
}

// --- the hand ---

function showHand() {
    $('hand').hidden = !canRaise || !terminal;
    $('hand').setAttribute('aria-pressed', String(isUp));
    $('hand').textContent = isUp ? 'Lower hand' : 'Raise hand';
    if (isUp || $('hand').hidden) closeAsk();
}

function closeAsk() {
    if ($('ask').hidden) return;
    $('ask').hidden = true;
    $('hand').setAttribute('aria-expanded', 'false');
    term.focus();
}

function openAsk() {
    $('ask-failed').hidden = true;
    $('ask').hidden = false;
    $('hand').setAttribute('aria-expanded', 'true');
    $('note').value = '';
    $('note').focus();
}

async function setHand(up, note) {
    try {
        const { status, body } = await request('POST',
            `/terminals/${encodeURIComponent(terminal)}/hand`, { up, note });

        if (status >= 400) throw new Error(body.error || `status ${status}`);
        isUp = up;
        showHand();
    } catch (error) {
        $('ask').hidden = false;
        $('ask-failed').textContent = `The hand could not be ${up ? 'raised' : 'lowered'}: ${error.message}`;
        $('ask-failed').hidden = false;
    }
}

function onHand() {
    if (isUp) {
        setHand(false, '');
        term.focus();
    } else if ($('ask').hidden) openAsk();
    else closeAsk();
}

function onAskKey(event) {
    if (event.key === 'Escape') closeAsk();
    else if (event.key === 'Enter' && event.target === $('note') && !event.isComposing)
        setHand(true, $('note').value);
    else return;
    event.preventDefault();
}

// --- notices ---

// Only what leads to a page; null for everything else.
function addressOf(text) {
    try {
        const url = new URL(text, location.href);

        return /^https?:$/.test(url.protocol) ? url.href : null;
    } catch {
        return null;
    }
}

// Away from the line that is typed in.
function placeNotices() {
    if ($('notices').hidden) return;
    $('notices').classList.toggle('low', term.buffer.active.cursorY < term.rows / 2);
}

const dismissed = new Set(); // they come again with every connection

export function dropNotice(id) {
    for (const item of $('notices').children) if (item.dataset.id === id) item.remove();
    $('notices').hidden = !$('notices').children.length;
}

function button(text, action) {
    const element = document.createElement('button');

    element.textContent = text;
    element.onclick = action;
    return element;
}

export function showNotice(notice) {
    const item = document.createElement('article');
    const text = document.createElement('p');
    const href = notice.url ? addressOf(notice.url) : null;

    if (dismissed.has(notice.id)) return;
    dropNotice(notice.id);
    item.dataset.id = notice.id;
    text.textContent = notice.text;
    if (notice.from) {
        const from = document.createElement('strong');

        from.textContent = `${notice.from}: `;
        text.prepend(from);
    }
    item.append(text);
    if (href) {
        const link = document.createElement('a');

        link.href = href;
        link.target = '_blank';
        link.rel = 'noopener noreferrer';
        link.textContent = notice.url;
        item.append(link);
    }
    item.append(button('Dismiss', () => {
        dismissed.add(notice.id);
        dropNotice(notice.id);
        term.focus();
    }));
    $('notices').append(item);
    $('notices').hidden = false;
    placeNotices();
}

// --- all of it ---

// Facts of the terminal shown, null while there are none.
export function showFacts(id, facts) {
    terminal = id;
    isUp = Boolean(facts) && facts.hand_age >= 0;
    showCompany((facts && facts.with) || '');
    showFrozen((facts && facts.frozen_left) || 0, (facts && facts.frozen_by) || '');
    showHand();
}

// mayWrite: not for those who only look.
export function setUpPeople(xterm, mayWrite) {
    term = xterm;
    canRaise = mayWrite;
    term.onCursorMove(placeNotices);
    $('note').maxLength = NOTE_MAX;
    $('hand').onclick = onHand;
    $('ask-raise').onclick = () => setHand(true, $('note').value);
    $('ask-cancel').onclick = closeAsk;
    $('ask').onkeydown = onAskKey;
    showHand();
}
