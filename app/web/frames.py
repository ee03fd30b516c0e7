"""Pure: follows what a WebSocket's client sends, because neither library limits a message that comes in fragments.

Eventlet limits each frame, simple-websocket nothing that Engine.IO could set; both keep fragments until the last one.
"""

from app.web.allowance import Allowance

FRAME_BYTES = 64
"""What a frame counts besides its own bytes, for the work that even an empty one makes."""


class Frames:
    """The heads of a client's frames (RFC 6455, 5.2), which are always masked."""

    def __init__(self, most: int, allowance: Allowance) -> None:
        """`most` bytes are a message, heads included; the allowance is of bytes."""
        self.most, self.allowance = most, allowance
        self.head = b""
        self.payload = 0  # bytes of the present frame that are still to come
        self.message = 0  # bytes of the present message
        self.over = False

    def take(self, data: bytes) -> bool:
        """Takes what has come next; False when the client has said too much, and ever after."""
        self.over = self.over or not self.allowance.take(len(data))
        while data and not self.over:
            if self.payload:
                passed = min(self.payload, len(data))
                self.payload -= passed
                data = data[passed:]
            else:
                self.head += data[:1]
                data = data[1:]
                self.begin_frame()
        return not self.over

    def begin_frame(self) -> None:
        """Begins a frame once its head is whole: 2 bytes, 0, 2 or 8 of length, 4 of mask."""
        if len(self.head) < 2:
            return
        kind, short = self.head[0], self.head[1] & 127
        size = 6 + {126: 2, 127: 8}.get(short, 0)
        if len(self.head) < size:
            return
        self.payload = int.from_bytes(self.head[2 : size - 4]) if short > 125 else short
        self.head = b""
        self.over = not self.allowance.take(FRAME_BYTES)
        if kind & 8:  # a control frame may come between two fragments, and is short
            return
        self.message += size + self.payload
        self.over = self.over or self.message > self.most
        if kind & 128:
            self.message = 0
