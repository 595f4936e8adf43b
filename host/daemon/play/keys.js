// SPDX-License-Identifier: MIT
//
// A row of the keys that a touch keyboard lacks. Ctrl and Alt hold for the next key.

const KEYS = [
    ['Esc', '\x1b'],
    ['Tab', '\t'],
    ['Ctrl', null],
    ['Alt', null],
    ['←', '\x1b[D'],
    ['↓', '\x1b[B'],
    ['↑', '\x1b[A'],
    ['→', '\x1b[C'],
    ['|', '|'],
    ['/', '/'],
    ['-', '-'],
    ['~', '~'],
];

const held = {};

function hold(button, name, on) {
    held[name] = on;
    button.setAttribute('aria-pressed', String(on));
}

// Arrows are spelt by the mode the program has asked for.
function spell(term, text) {
    const isArrow = text.startsWith('\x1b[');

    return isArrow && term.modes.applicationCursorKeysMode ? text.replace('[', 'O') : text;
}

// What a typed text becomes with the keys that are held; lets go of them.
export function withHeldKeys(text) {
    let result = text;

    if (held.Ctrl && /^[@-_a-z ]$/i.test(text))
        result = String.fromCharCode(text.toUpperCase().charCodeAt(0) & 0x1f);
    if (held.Alt) result = '\x1b' + result;
    for (const button of document.querySelectorAll('#keys [aria-pressed]'))
        hold(button, button.textContent, false);
    return result;
}

export function showKeys(row, term) {
    for (const [name, text] of KEYS) {
        const button = document.createElement('button');

        button.textContent = name;
        if (text === null) hold(button, name, false);
        // The focus stays where it is, or the keyboard on the screen would go away.
        button.addEventListener('pointerdown', (event) => event.preventDefault());
        button.addEventListener('click', () => {
            if (text === null) hold(button, name, !held[name]);
            else term.input(spell(term, text));
        });
        row.append(button);
    }
}
