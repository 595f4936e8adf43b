// SPDX-License-Identifier: MIT
//
// The page /play/: a terminal of this sandbox. Which one stands in the address (#terminal=…) and in
// the tab's storage, so that a reload finds it again; a new tab takes the last one that this browser
// used, if nobody watches it, else a new shell. Whoever may only look sees what there is and changes
// nothing, not even the size.

import './style.js';
import { Terminal } from './xterm.mjs';
import { FitAddon } from './addon-fit.mjs';
import { Unicode11Addon } from './addon-unicode11.mjs';
import { Link, PENDING_MAX, request } from './link.js';
import { showKeys, withHeldKeys } from './keys.js';
import * as people from './people.js';

const KEPT = 'sandpit.terminal';
const ASK_AGAIN_MS = 2000;
const RESIZE_MS = 80;
const BELL_MS = 150;
const FONT_MIN = 6;
const FONT_MAX = 28;
const TITLE_MAX = 200;
const $ = (id) => document.getElementById(id);
const main = document.querySelector('main');
const sandbox = location.hostname.split('.')[0];
const fontSize = matchMedia('(max-width: 560px)').matches ? 13 : 14;

let readOnly = false;
let link = null;
let foreign = null; // {cols, rows} that somebody else gave the terminal
let countdown = 0;

const term = new Terminal({
    allowProposedApi: true, // for the widths of characters
    cursorBlink: true,
    fontFamily:
        'ui-monospace, "JetBrains Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
    fontSize,
    macOptionIsMeta: true,
    scrollback: 10000,
    theme: {
        background: '#101217',
        foreground: '#dde2ea',
        cursor: '#e8b45a',
        cursorAccent: '#101217',
        selectionBackground: '#3d4a63',
        black: '#2a2f3a',
        red: '#ef7d7d',
        green: '#7fc98b',
        yellow: '#e3b95f',
        blue: '#78a9f2',
        magenta: '#c795e8',
        cyan: '#66c7cf',
        white: '#c8cfda',
        brightBlack: '#6b7585',
        brightRed: '#ff9c9c',
        brightGreen: '#9fe3aa',
        brightYellow: '#f5d281',
        brightBlue: '#9cc3ff',
        brightMagenta: '#deb3fa',
        brightCyan: '#8ae3ea',
        brightWhite: '#ffffff',
    },
});
const fit = new FitAddon();

// --- words ---

const STATES = {
    connecting: 'connecting…',
    open: 'connected',
    waiting: 'connection lost',
    gone: 'ended',
    'signed-out': 'signed out',
};

function showCard(title, text, button, action) {
    const visible = Boolean(title);

    $('card').hidden = !visible;
    main.classList.toggle('over', visible);
    if (!visible) return;
    $('card-title').textContent = title;
    $('card-text').textContent = text || '';
    $('card-button').hidden = !button;
    $('card-button').textContent = button || '';
    $('card-button').onclick = action || null;
    if (button) $('card-button').focus();
}

function showNotice(text, canRetry) {
    $('notice').hidden = !text;
    if ($('notice-text').textContent !== text) $('notice-text').textContent = text;
    $('retry').hidden = !canRetry;
}

function countDown(retryAt) {
    const seconds = Math.max(1, Math.ceil((retryAt - performance.now()) / 1000));
    const kept = link.pending ? ' What you type is kept.' : '';

    showNotice(`Connection lost, trying again in ${seconds} s.${kept}`, true);
}

function onState(name, details) {
    document.body.dataset.state = name;
    $('state-text').textContent = STATES[name];
    clearInterval(countdown);
    if (name === 'waiting') {
        countDown(details.retryAt);
        countdown = setInterval(() => countDown(details.retryAt), 250);
    } else if (name !== 'connecting') {
        showNotice('');
    }
    if (name === 'gone')
        showCard('This sandbox has ended', 'Its shells and files are gone.');
    else if (name === 'signed-out')
        showCard('You are signed out', 'Ask for a new link to come back; the shell goes on.',
            'Reload', () => location.reload());
}

// --- size ---

// The font with which another's size fills what room there is.
function scaleFont() {
    term.options.fontSize = fontSize;
    const room = fit.proposeDimensions();

    if (!room) return;
    const scale = Math.min(room.cols / foreign.cols, room.rows / foreign.rows);

    term.options.fontSize = Math.min(FONT_MAX, Math.max(FONT_MIN, Math.floor(fontSize * scale)));
    term.resize(foreign.cols, foreign.rows);
}

function fitNow() {
    main.classList.toggle('foreign', Boolean(foreign));
    if (foreign) {
        scaleFont();
        return;
    }
    if (term.options.fontSize !== fontSize) term.options.fontSize = fontSize;
    fit.fit();
    link.resize(term.cols, term.rows);
}

// Whoever typed last, or changed his window, has the say over the size.
function claimSize() {
    if (readOnly) return;
    foreign = null;
    fitNow();
}

function onForeignSize(cols, rows) {
    foreign = cols > 0 && rows > 0 ? { cols, rows } : null;
    fitNow();
}

function watchSize() {
    let timer = 0;

    new ResizeObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(readOnly ? fitNow : claimSize, RESIZE_MS);
    }).observe(main);
    // Where the layout does not shrink for the keyboard on the screen.
    if (window.visualViewport)
        visualViewport.addEventListener('resize', () => {
            document.body.style.height = `${visualViewport.height}px`;
            scrollTo(0, 0);
        });
}

// --- which terminal ---

// An answer of the sandbox, however long it takes.
async function ask(path) {
    for (;;) {
        try {
            const answer = await request('GET', path);

            if (answer.status < 500) return answer;
        } catch {
            // not there yet
        }
        showNotice('The sandbox does not answer, trying again.', false);
        await new Promise((done) => setTimeout(done, ASK_AGAIN_MS));
        showNotice('');
    }
}

function remember(id) {
    sessionStorage.setItem(KEPT, id);
    localStorage.setItem(KEPT, id);
    history.replaceState(null, '', `#terminal=${id}`);
}


async function find(id) {
    const { status, body } = await ask(`/terminals/${encodeURIComponent(id)}`);

    return status === 200 && body.data.pty ? body.data : null;
}

async function findKept() {
    const match = /^#terminal=([\w-]+)$/.exec(location.hash);
    const own = match ? match[1] : sessionStorage.getItem(KEPT);
    const last = localStorage.getItem(KEPT);

    if (own) return find(own);
    const terminal = last ? await find(last) : null;

    return terminal && terminal.viewers === 0 ? terminal : null;
}

function attach(terminal) {
    remember(terminal.id);
    showCard('');
    term.reset();
    if (readOnly) {
        list(terminal);
        $('terminals').value = terminal.id;
        onForeignSize(terminal.cols, terminal.rows);
    } else {
        foreign = null;
        fitNow();
    }
    link.attach(terminal.id);
    term.focus();
}

async function startShell() {
    showCard('');
    try {
        const { status, body } = await request('POST', '/terminals', {
            pty: true,
            cols: term.cols,
            rows: term.rows,
        });

        if (status >= 400) throw new Error(body.error || `status ${status}`);
        attach(body.data);
    } catch (error) {
        showCard('No shell could be started', error.message, 'Try again', startShell);
    }
}

function list(terminal) {
    const all = $('terminals');

    if (!all.querySelector(`option[value="${CSS.escape(terminal.id)}"]`))
        all.append(new Option(terminal.title || terminal.command || terminal.id, terminal.id));
    $('choice').hidden = all.options.length < 2;
}

// Those who look have a choice of what there is.
function onSeen(terminal) {
    if (!readOnly) return;
    list(terminal);
    if (!link.terminal) attach(terminal);
}

async function onChoice() {
    const terminal = await find($('terminals').value);

    if (terminal) attach(terminal);
}

function onEnded() {
    const gone = sessionStorage.getItem(KEPT);

    sessionStorage.removeItem(KEPT);
    if (!readOnly) {
        showCard('The shell has ended', '', 'New shell', startShell);
        return;
    }
    for (const option of $('terminals').options) if (option.value === gone) option.remove();
    $('choice').hidden = $('terminals').options.length < 2;
    showCard('This terminal has ended', 'The next one that is opened here is shown.');
}

// --- terminal ---

function onTitle(title) {
    const text = title.slice(0, TITLE_MAX);

    $('title').textContent = text;
    document.title = text ? `${text} – ${sandbox}` : `${sandbox} – sandpit`;
}

function onBell() {
    main.classList.add('bell');
    setTimeout(() => main.classList.remove('bell'), BELL_MS);
}

function onData(text) {
    if (people.isFrozen()) {
        onBell();
        return;
    }
    if (foreign) claimSize();
    if (!link.input(withHeldKeys(text))) {
        onBell();
        showNotice(`Not sent: more than ${PENDING_MAX / 1024} KiB would wait for the sandbox.`, false);
    }
}

// All keys are the terminal's, but for copying and pasting as terminals have it.
function onKey(event) {
    const isLetter = (letter) => event.ctrlKey && event.shiftKey && event.code === `Key${letter}`;

    if (isLetter('V')) return false; // the browser's own, which ends in a paste event
    if (!isLetter('C')) return true;
    event.preventDefault();
    if (event.type === 'keydown' && term.hasSelection()) document.execCommand('copy');
    return false;
}

// What programs ask is answered by the daemon, once for all who look.
function leaveAnswers() {
    const asked = () => true;

    for (const prefix of ['', '?', '>', '='])
        term.parser.registerCsiHandler({ prefix, final: 'c' }, asked);
    for (const prefix of ['', '?']) {
        term.parser.registerCsiHandler({ prefix, final: 'n' }, asked);
        term.parser.registerCsiHandler({ prefix, intermediates: '$', final: 'p' }, asked);
    }
    term.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, asked);
    for (const osc of [4, 10, 11, 12])
        term.parser.registerOscHandler(osc, (text) => text.endsWith('?'));
}

function setUpTerminal() {
    term.loadAddon(fit);
    term.loadAddon(new Unicode11Addon());
    term.unicode.activeVersion = '11';
    term.open($('terminal'));
    term.parser.registerOscHandler(52, () => true); // programs do not touch the clipboard
    leaveAnswers();
    term.attachCustomKeyEventHandler(onKey);
    term.onData(onData);
    // Reports of the oldest mouse mode; beyond column 95 they are no text.
    term.onBinary((bytes) => /^[\x00-\x7f]*$/.test(bytes) && onData(bytes));
    term.onTitleChange(onTitle);
    term.onBell(onBell);
}

function setUpScope(status) {
    readOnly = status.scope === 'observe';
    link.readOnly = readOnly;
    $('scope').hidden = !readOnly;
    term.options.disableStdin = readOnly;
    term.options.cursorBlink = !readOnly;
    if (!readOnly) showKeys($('keys'), term);
}

async function start() {
    onTitle('');
    $('name').textContent = sandbox;
    setUpTerminal();
    link = new Link({
        state: onState,
        output: (text, done) => term.write(text, done),
        resized: onForeignSize,
        ended: onEnded,
        seen: onSeen,
        pending: () => {},
        facts: people.showFacts,
        frozen: onBell, // typed before we had heard of it
        notice: people.showNotice,
        dropped: people.dropNotice,
    });
    setUpScope((await ask('/auth/status')).body.data || {});
    people.setUpPeople(term, !readOnly);
    watchSize();
    fitNow();
    $('retry').onclick = () => link.retry();
    $('terminals').onchange = onChoice;

    const terminal = await findKept();

    if (terminal) attach(terminal);
    else if (!readOnly) await startShell();
    else {
        link.retry();
        showCard('Nothing to see yet', 'The first terminal that is opened here is shown.');
    }
}

start();
