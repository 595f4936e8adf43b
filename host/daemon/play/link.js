// SPDX-License-Identifier: MIT
//
// One terminal over one WebSocket that comes back.
//
// Input is numbered (extension input-ack): what is not acknowledged when a connection breaks goes
// again over the next one, and the daemon drops what it has taken already, so a key arrives once.
// After a reconnection the subscription starts with a snapshot of the screen.

const CHUNK_CHARS = 8192;
export const PENDING_MAX = 256 * 1024; // characters waiting for an acknowledgement
const DELAYS_MS = [300, 1000, 2000, 4000, 8000, 10000];
const CONNECT_MS = 10000; // for a handshake, and for a request
const ACK_MS = 10000; // a connection that takes longer than this to answer is dead
const PING_MS = 20000;
const BEHIND_HIGH = 4 * 1024 * 1024; // characters of output not yet drawn
const BEHIND_LOW = 256 * 1024;

// Not crypto.randomUUID, which pages without TLS do not have.
function randomName() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));

    return 'play-' + Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

// Half a surrogate pair is no text, and the daemon would drop its frame.
function wellFormed(text) {
    return text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g,
        (match) => (match.length === 2 ? match : '\uFFFD'));
}

// Calls `each` with pieces of at most CHUNK_CHARS that cut no character in two.
function cut(text, each) {
    for (let at = 0; at < text.length;) {
        let end = Math.min(at + CHUNK_CHARS, text.length);

        if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--;
        each(text.slice(at, end));
        at = end;
    }
}

// A request of the sandbox API. Returns {status, body}; throws when there was no answer.
export async function request(method, path, body) {
    const answer = await fetch(path, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        headers: body ? { 'Content-Type': 'application/json' } : {},
        body: body ? JSON.stringify(body) : undefined,
        signal: AbortSignal.timeout(CONNECT_MS),
    });

    return { status: answer.status, body: await answer.json().catch(() => ({})) };
}

// What `on` may have:
//   state(name, details)  connecting, open, waiting {retryAt}, signed-out, gone
//   output(text, done)    of the terminal; done() once it is drawn
//   resized(cols, rows)   somebody else gave the terminal another size
//   ended()               the terminal is no more
//   seen(terminal)        a terminal of this sandbox, as the daemon tells of it
//   pending(n)            characters that wait for an acknowledgement
//   facts(id, facts)      what the daemon says of the terminal, null while it has not (activity)
//   frozen()              input was refused
//   notice(n) dropped(id) a notice for all, and that it is taken back
export class Link {
    constructor(on, readOnly) {
        this.on = on;
        this.readOnly = readOnly;
        this.socket = null;
        this.terminal = null;
        this.facts = new Map(); // by terminal
        this.size = null;
        this.tries = 0;
        this.queue = []; // {seq, text, sentAt}
        this.pending = 0;
        this.behind = 0;
        this.subscribed = false;
        this.heardAt = 0;
        this.pingAt = 0;
        this.timer = 0;
        this.asking = false;
        this.state = '';
        setInterval(() => this.watch(), 1000);
        addEventListener('online', () => this.retry());
        addEventListener('offline', () => this.lose());
        document.addEventListener('visibilitychange', () => {
            if (!document.hidden) this.retry();
        });
    }

    // From now on this terminal, null for none; input of the one before is forgotten.
    attach(id) {
        if (this.subscribed) this.send({ type: 'unsubscribe', channel: `terminal:${this.terminal}` });
        this.terminal = id;
        this.client = randomName();
        this.seq = 0;
        this.queue = [];
        this.subscribed = false;
        this.behind = 0;
        this.setPending(0);
        this.on.facts(id, this.facts.get(id) || null);
        if (this.isOpen()) this.subscribe();
        else this.retry();
    }

    // False: too much waits already, nothing of it was taken.
    input(text) {
        if (!this.terminal || this.readOnly) return true;
        if (this.pending + text.length > PENDING_MAX) return false;
        cut(wellFormed(text), (piece) => {
            const item = { seq: ++this.seq, text: piece, sentAt: 0 };

            this.queue.push(item);
            this.setPending(this.pending + piece.length);
            this.sendInput(item);
        });
        return true;
    }

    resize(cols, rows) {
        this.size = { cols, rows };
        if (this.subscribed) this.sendSize();
    }

    // At once, whatever the waiting time.
    retry() {
        if (this.state === 'gone') return;
        if (this.isOpen()) this.ping();
        else if (!this.socket) this.connect();
    }

    // --- connection ---

    setState(name, details) {
        this.state = name;
        this.on.state(name, details || {});
    }

    isOpen() {
        return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
    }

    send(message) {
        if (this.isOpen()) this.socket.send(JSON.stringify(message));
    }

    // A WebSocket does not say why it was refused; a request before it does.
    async connect() {
        clearTimeout(this.timer);
        if (this.socket || this.asking) return;
        this.setState('connecting');
        this.asking = true;
        try {
            const { status, body } = await request('GET', '/auth/status');

            if (status === 404) return this.setState('gone');
            if (status !== 200) throw new Error(`status ${status}`);
            if (!body.data.authenticated) return this.setState('signed-out');
            this.open();
        } catch {
            this.wait();
        } finally {
            this.asking = false;
        }
    }

    open() {
        const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
        const socket = new WebSocket(`${scheme}://${location.host}/ws?protocol=json`);
        const patience = setTimeout(() => this.lose(), CONNECT_MS);

        this.socket = socket;
        socket.onopen = () => {
            clearTimeout(patience);
            this.tries = 0;
            this.heardAt = performance.now();
            this.setState('open');
            this.facts.clear(); // all of it comes anew
            this.send({ type: 'subscribe', channel: 'activity' });
            this.subscribe();
        };
        socket.onmessage = (event) => {
            this.heardAt = performance.now();
            this.take(JSON.parse(event.data));
        };
        socket.onclose = () => {
            clearTimeout(patience);
            this.lose();
        };
    }

    // The closing of a dead connection would take its time: it is left to itself.
    lose() {
        const socket = this.socket;

        if (!socket) return;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
        this.socket = null;
        this.subscribed = false;
        for (const item of this.queue) item.sentAt = 0;
        this.wait();
    }

    wait() {
        const delay = DELAYS_MS[Math.min(this.tries++, DELAYS_MS.length - 1)];
        const ms = delay * (0.8 + 0.4 * Math.random()); // a class must not come back as one

        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.connect(), ms);
        this.setState('waiting', { retryAt: performance.now() + ms });
    }

    // Something that is always answered: an empty input is acknowledged, and refused to those who
    // may only look.
    ping() {
        if (!this.terminal || !this.isOpen() || this.pingAt) return;
        this.pingAt = performance.now();
        this.sendInput({ seq: ++this.seq, text: '' });
    }

    watch() {
        const now = performance.now();
        const oldest = this.queue.length ? this.queue[0].sentAt : 0;

        if (!this.isOpen()) return;
        if (this.pingAt && this.heardAt > this.pingAt) this.pingAt = 0;
        const asked = Math.min(oldest || now, this.pingAt || now);

        if (now - Math.max(asked, this.heardAt) > ACK_MS) this.lose();
        else if (now - this.heardAt > PING_MS) this.ping();
    }

    // --- terminal ---

    subscribe() {
        this.pingAt = 0;
        if (!this.terminal || this.subscribed) return;
        this.subscribed = true;
        // The size first: the snapshot comes in it.
        this.sendSize();
        // What programs ask their terminal is answered by the daemon (extension answers).
        this.send({
            type: 'subscribe',
            channel: `terminal:${this.terminal}`,
            data: { answers: 'host' },
        });
        for (const item of this.queue) this.sendInput(item);
    }

    sendSize() {
        if (this.size && !this.readOnly)
            this.send({
                type: 'terminal:resize',
                data: { terminal_id: this.terminal, ...this.size },
            });
    }

    sendInput(item) {
        if (!this.isOpen()) return;
        item.sentAt = performance.now();
        this.send({
            type: 'terminal:input',
            data: {
                terminal_id: this.terminal,
                input: item.text,
                client: this.client,
                seq: item.seq,
            },
        });
    }

    setPending(n) {
        this.pending = n;
        this.on.pending(n);
    }

    take(message) {
        const data = message.data || {};
        const id = data.terminal_id || data.id;

        if (message.channel === 'activity') return this.takeActivity(message.type, data);
        if (message.type === 'terminal:created') this.on.seen(data);
        if (id !== this.terminal) return;
        if (message.type === 'terminal:output') this.takeOutput(data);
        else if (message.type === 'terminal:ack') this.takeAck(data);
        else if (message.type === 'terminal:resized') this.on.resized(data.cols, data.rows);
        else if (message.type === 'terminal:destroyed') this.end();
        else if (message.type === 'terminal:error' && data.error === 'no such terminal') this.end();
        else if (message.type === 'terminal:error' && data.code === 'frozen')
            this.on.frozen();
    }

    // The end of the terminal shown is not taken from here: its last output may still be on its way.
    takeActivity(type, data) {
        const id = data.terminal_id;

        if (type === 'notice') this.on.notice(data);
        else if (type === 'notice:deleted') this.on.dropped(data.id);
        else if (type === 'terminal:destroyed') this.facts.delete(id);
        else if (type === 'terminal:activity') {
            this.facts.set(id, data);
            if (id === this.terminal) this.on.facts(id, data);
        }
    }

    takeAck(data) {
        let n = this.pending;

        if (data.client !== this.client) return;
        while (this.queue.length && this.queue[0].seq <= data.seq)
            n -= this.queue.shift().text.length;
        this.setPending(n);
    }

    // A WebSocket cannot be told to wait. What would be drawn too late anyway is not asked for, and
    // the snapshot of the next subscription shows how it ended.
    takeOutput(data) {
        const text = data.encoding === 'base64'
            ? Uint8Array.from(atob(data.output), (c) => c.charCodeAt(0))
            : data.output;

        if (!this.subscribed) return;
        this.behind += text.length;
        if (this.behind > BEHIND_HIGH) {
            this.send({ type: 'unsubscribe', channel: `terminal:${this.terminal}` });
            this.subscribed = false;
        }
        const terminal = this.terminal;

        this.on.output(text, () => {
            if (terminal !== this.terminal) return;
            this.behind -= text.length;
            if (!this.subscribed && this.behind < BEHIND_LOW && this.isOpen()) this.subscribe();
        });
    }

    end() {
        this.terminal = null;
        this.subscribed = false;
        this.queue = [];
        this.setPending(0);
        this.on.facts(null, null);
        this.on.ended();
    }
}
