"""Drops files on a window as a desktop's file manager does: version 5 of the XDND protocol."""

import os
import time
import urllib.parse

from Xlib import X, display
from Xlib.protocol import event

PATIENCE = 20


class Drag:
    """Files held over a window, not yet let go."""

    def __init__(self, window_id, files):
        self.display = display.Display()
        self.window = self._aware(self.display.create_resource_object("window", int(window_id)))
        screen = self.display.screen()
        self.source = screen.root.create_window(0, 0, 1, 1, 0, screen.root_depth)
        self.source.set_selection_owner(self._atom("XdndSelection"), X.CurrentTime)
        lines = ["file://" + urllib.parse.quote(os.path.abspath(file)) for file in files]
        self.data = "".join(line + "\r\n" for line in lines).encode()
        self._say("XdndEnter", [self.source.id, 5 << 24, self._atom("text/uri-list"), 0, 0])
        self.hover()

    def _atom(self, name):
        return self.display.intern_atom(name)

    def _aware(self, window):
        """The window that takes drops: the one itself or one inside it."""
        waiting = [window]
        while waiting:
            window = waiting.pop()
            if window.get_full_property(self._atom("XdndAware"), X.AnyPropertyType):
                return window
            waiting.extend(window.query_tree().children)
        raise RuntimeError("the window takes no drops")

    def _say(self, kind, data):
        message = event.ClientMessage(window=self.window, client_type=self._atom(kind), data=(32, data))
        self.window.send_event(message, event_mask=0)
        self.display.flush()

    def _serve(self, until):
        """Hands the data over to whoever asks, until the window says `until`."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            while self.display.pending_events():
                e = self.display.next_event()
                if e.type == X.SelectionRequest:
                    e.requestor.change_property(e.property, e.target, 8, self.data)
                    e.requestor.send_event(
                        event.SelectionNotify(
                            time=e.time, requestor=e.requestor, selection=e.selection,
                            target=e.target, property=e.property,
                        )
                    )
                    self.display.flush()
                elif e.type == X.ClientMessage and e.client_type == self._atom(until):
                    return
            time.sleep(0.01)
        raise RuntimeError(f"the window never said {until}")

    def hover(self):
        root = self.display.screen().root
        corner = root.translate_coords(self.window, 0, 0)
        place = ((corner.x + 200) << 16) | (corner.y + 200)
        self._say("XdndPosition", [self.source.id, 0, place, X.CurrentTime, self._atom("XdndActionCopy")])
        self._serve("XdndStatus")

    def let_go(self):
        self._say("XdndDrop", [self.source.id, 0, X.CurrentTime, 0, 0])
        self._serve("XdndFinished")
        self.display.close()
