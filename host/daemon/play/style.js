// SPDX-License-Identifier: MIT
//
// xterm.js writes <style> elements and style attributes. The Content-Security-Policy of this page
// refuses both, as it should: they are what injected markup would use. The same rules by way of the
// CSSOM are allowed, so here they take that way. Loaded before xterm.js.

const createElement = document.createElement;
const setAttribute = Element.prototype.setAttribute;

// Something that is kept and removed like a <style>, and whose text becomes a sheet of its own.
function createSheetElement() {
    const element = createElement.call(document, 'template');
    const sheet = new CSSStyleSheet();
    let text = '';

    document.adoptedStyleSheets.push(sheet);
    Object.defineProperty(element, 'textContent', {
        get: () => text,
        set: (value) => {
            text = value;
            sheet.replaceSync(value);
        },
    });
    element.remove = () => {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== sheet);
        Element.prototype.remove.call(element);
    };
    return element;
}

document.createElement = function (name, options) {
    return String(name).toLowerCase() === 'style'
        ? createSheetElement()
        : createElement.call(document, name, options);
};

Element.prototype.setAttribute = function (name, value) {
    if (String(name).toLowerCase() === 'style') this.style.cssText = value;
    else setAttribute.call(this, name, value);
};
